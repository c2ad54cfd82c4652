"""Style sheet, scripts and icon under names that change with their content, so they cache for ever.

Scripts import each other by their plain names (`./sealed.js`); when they are loaded, these become the
public ones, so a script's name changes with whatever it imports.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from openhitl.protocol.record import record

_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
}
#: How a script names another, in whichever form of import.
_IMPORTED = re.compile(rb'(?<=")\./([\w-]+\.js)(?=")')


@record(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A static file under its public name, e.g. `page.1f2e3d4c5b6a.css`."""

    name: str
    media_type: str
    content: bytes


@cache
def _files() -> Mapping[str, StaticFile]:
    folder = files("openhitl.review") / "static"
    found = (entry for entry in folder.iterdir() if entry.name.rpartition(".")[2] in _MEDIA_TYPES)
    return hashed_files({entry.name: entry.read_bytes() for entry in found})


def hashed_files(contents: Mapping[str, bytes]) -> Mapping[str, StaticFile]:
    """Make static files of names and contents; scripts import each other by their public names.

    Raises: ValueError for a script that imports what there is not, or itself by way of others.
    """
    found: dict[str, StaticFile] = {}
    for name in contents:
        _add(name, contents, found, ())
    return found


def _add(
    name: str, contents: Mapping[str, bytes], found: dict[str, StaticFile], importers: tuple[str, ...]
) -> StaticFile:
    """Make one static file after those that it imports."""
    way = (*importers, name)
    if name in importers:
        raise ValueError(f"scripts import each other in a circle: {' -> '.join(way)}")
    if name not in contents:
        raise ValueError(f"{importers[-1]} imports {name}, which there is not")
    if name not in found:

        def public(match: re.Match[bytes]) -> bytes:
            return b"./" + _add(match[1].decode(), contents, found, way).name.encode()

        content = contents[name]
        found[name] = hashed_file(name, _IMPORTED.sub(public, content) if name.endswith(".js") else content)
    return found[name]


def hashed_file(name: str, content: bytes) -> StaticFile:
    """Make a static file of `name.ending` and its content."""
    stem, _, extension = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(
        name=f"{stem}.{digest}.{extension}", media_type=_MEDIA_TYPES[extension], content=content
    )


def asset_name(plain: str) -> str:
    """Return the public name of a file of the static folder. Raises: KeyError for an unknown one."""
    return _files()[plain].name


def static_file(public: str) -> StaticFile | None:
    """Find a static file by its public name; None for an unknown one or an outdated digest."""
    parts = public.split(".")
    found = _files().get(f"{parts[0]}.{parts[-1]}")
    return found if found is not None and found.name == public else None
