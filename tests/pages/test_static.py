"""Static files: hashed names, small, nothing inline, both writing directions."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest

from openhitl.review.pages import page_headers, render_review, static_file
from openhitl.review.pages.assets import asset_name
from tests.pages.samples import NAMES, NOW, made, sample, view

MAX_SCRIPT_BYTES = 6 * 1024  # gzipped, per page
MAX_INBOX_SCRIPT_BYTES = 30 * 1024


#: With what only some encrypted cases take: an older program's envelopes, keys that were handed over.
MAX_SEALED_SCRIPT_BYTES = 40 * 1024
_IMPORTED = re.compile(r'"\./([\w.-]+\.js)"')
_IMPORTED_AT_ONCE = re.compile(r'^import .* from "\./([\w.-]+\.js)"', re.MULTILINE)


def loaded(html: str, kind: str, imported: re.Pattern[str] = _IMPORTED) -> list[bytes]:
    """Read the static files of a kind that a page loads, and the scripts that those import."""
    names = re.findall(rf'"/static/([\w.-]+\.{kind})"', html)
    found: dict[str, bytes] = {}
    while names:
        name = names.pop()
        file = static_file(name)
        if file is not None and name not in found:
            found[name] = file.content
            names += imported.findall(file.content.decode())
    return list(found.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_scripts_of_a_page_are_small(name: str) -> None:
    scripts = loaded(render_review(view(sample(name))).html, "js")
    assert scripts
    assert sum(len(gzip.compress(script)) for script in scripts) <= MAX_SCRIPT_BYTES


@pytest.mark.parametrize("left", [timedelta(hours=3), timedelta(0)])
def test_the_scripts_of_an_encrypted_case_are_those_of_an_inbox(left: timedelta) -> None:
    """They decrypt, draw and encrypt."""
    stored = made("x-sealed", "Encrypted", {"envelope": "c2VjcmV0"}, expires_at=NOW + left)
    html = render_review(view(stored)).html
    at_once, all_ever = loaded(html, "js", _IMPORTED_AT_ONCE), loaded(html, "js")
    assert 5 < len(at_once) < len(all_ever)
    assert sum(len(gzip.compress(script)) for script in at_once) <= MAX_INBOX_SCRIPT_BYTES
    assert sum(len(gzip.compress(script)) for script in all_ever) <= MAX_SEALED_SCRIPT_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_pages_have_nothing_inline(name: str) -> None:
    html = render_review(view(sample(name))).html
    assert not re.search(r"<style|<script(?![^>]+src=)|\sstyle=|\son\w+=|javascript:", html)
    assert len(loaded(html, "css")) == 2


def test_names_change_with_the_content_and_no_other_name_is_found() -> None:
    html = render_review(view(sample("approval"))).html
    name = re.findall(r'"/static/([\w.]+\.css)"', html)[0]
    assert re.fullmatch(r"page\.[0-9a-f]{12}\.css", name)
    assert static_file("page.000000000000.css") is None
    assert static_file("page.css") is None
    assert static_file("../page.css") is None


def test_the_style_sheet_knows_no_left_and_right() -> None:
    names = ("page.css", "dark.css", "inbox.css")
    css = "".join(file.content.decode() for name in names if (file := static_file(asset_name(name))))
    sides = r"(?<!area-)\b(margin|padding|border|inset)-(left|right|top|bottom)\b"
    assert not re.search(rf"{sides}|\b(left|right):|text-align: (left|right)", css)


def test_the_policy_allows_only_our_own_files() -> None:
    headers = page_headers()
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
