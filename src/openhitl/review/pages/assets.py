"""Style sheet, scripts and icon under names that change with their content, so they cache for ever."""

from __future__ import annotations

import hashlib
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
    return {entry.name: hashed_file(entry.name, entry.read_bytes()) for entry in found}


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
