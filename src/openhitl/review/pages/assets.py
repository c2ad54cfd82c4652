"""Style sheet, scripts and icon under names that change with their content, so they cache for ever."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from openhitl.errors import NotFound

_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A static file: its public name (`page.1f2e3d4c5b6a.css`), bytes as they are and gzipped."""

    name: str
    content_type: str
    body: bytes
    gzipped: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        return {
            "Content-Type": self.content_type,
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
        }


@cache
def _assets() -> Mapping[str, Asset]:
    folder = files("openhitl.review") / "static"
    found = (entry for entry in folder.iterdir() if entry.name.rpartition(".")[2] in _TYPES)
    return {entry.name: _asset(entry.name, entry.read_bytes()) for entry in found}


def _asset(name: str, body: bytes) -> Asset:
    stem, _, extension = name.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:12]
    return Asset(
        name=f"{stem}.{digest}.{extension}",
        content_type=_TYPES[extension],
        body=body,
        gzipped=gzip.compress(body, mtime=0),
    )


def asset_name(plain: str) -> str:
    """Return the public name of a file of the static folder. Raises: KeyError for an unknown one."""
    return _assets()[plain].name


def find_asset(public: str) -> Asset:
    """Find a static file by its public name. Raises: NotFound, also for an outdated digest."""
    parts = public.split(".")
    asset = _assets().get(f"{parts[0]}.{parts[-1]}")
    if asset is None or asset.name != public:
        raise NotFound
    return asset
