"""Static files that import each other, and the one that is not ours."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files

import pytest

from openhitl.review.pages.assets import asset_name, hashed_files, static_file

STATIC = files("openhitl.review") / "static"


def test_scripts_import_each_other_by_their_public_names() -> None:
    found = hashed_files(
        {
            "top.js": b'import { a } from "./mid-dle.js";\nimport "./leaf.js";\nawait import("./leaf.js");',
            "mid-dle.js": b'export { a } from "./leaf.js";',
            "leaf.js": b"export const a = 1;",
            "page.css": b'@import "./leaf.js";',
        }
    )
    leaf, middle = found["leaf.js"].name, found["mid-dle.js"].name
    assert re.fullmatch(r"leaf\.[0-9a-f]{12}\.js", leaf)
    assert found["mid-dle.js"].content == f'export {{ a }} from "./{leaf}";'.encode()
    assert found["top.js"].content.decode().count(f'"./{leaf}"') == 2
    assert f'"./{middle}"'.encode() in found["top.js"].content
    assert found["page.css"].content == b'@import "./leaf.js";'


def test_a_name_changes_with_whatever_the_script_imports() -> None:
    names = [
        hashed_files({"top.js": b'import "./mid.js"', "mid.js": b'import "./leaf.js"', "leaf.js": leaf})
        for leaf in (b"1", b"2")
    ]
    assert names[0]["top.js"].name != names[1]["top.js"].name


def test_a_circle_is_refused() -> None:
    circle = {"a.js": b'import "./b.js"', "b.js": b'import "./c.js"', "c.js": b'import "./a.js"'}
    with pytest.raises(ValueError, match=r"in a circle: a\.js -> b\.js -> c\.js -> a\.js"):
        hashed_files(circle)


def test_an_unknown_script_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a\.js imports b\.js, which there is not"):
        hashed_files({"a.js": b'import "./b.js"'})


def test_all_that_the_scripts_import_is_there() -> None:
    for entry in STATIC.iterdir():
        if not entry.name.endswith(".js"):
            continue
        script = static_file(asset_name(entry.name))
        assert script is not None
        for name in re.findall(r'"\./([\w.-]+)"', script.content.decode()):
            assert static_file(name) is not None, f"{entry.name} imports {name}"


def test_the_foreign_script_is_what_was_bundled() -> None:
    """`make vendor` writes it, its digest and its licence."""
    noted = (STATIC / "noble.js.sha256").read_text()
    assert noted == f"{hashlib.sha256((STATIC / 'noble.js').read_bytes()).hexdigest()}  noble.js\n"
    assert (STATIC / "noble.js.license").read_text().startswith("The MIT License")
