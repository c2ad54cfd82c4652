"""What a gateway serves by itself: the files of this package, never those of the server."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from openhitl.cli.gateway.site import Site
from openhitl.protocol.compact import compact
from openhitl.review.installed.app import WORKER_HEADERS, manifest_of, worker_of
from openhitl.review.pages.assets import asset_name, static_file
from openhitl.review.pages.theme import PLAIN
from openhitl.words import Words

_FOR_EVER = "public, max-age=31536000, immutable"
_JAVASCRIPT = "text/javascript; charset=utf-8"


class OwnFiles:
    """The files of this package.

    Args:
        miss: called with the name of a file of ours that the server's pages want in another version.
    """

    def __init__(self, site: Site, miss: Callable[[str], None]) -> None:
        self._base = site.base
        self._miss = miss

    def find(self, path: str, words: Words) -> Response | None:
        """Answer for a path of ours, decoded; None for one of the server's."""
        if path.startswith(f"{self._base}/static/"):
            return self._static(path.removeprefix(f"{self._base}/static/"))
        if path == f"{self._base}/sw.js":
            response = Response(worker_of(self._base, words), media_type=_JAVASCRIPT)
            response.headers.update(dict(WORKER_HEADERS))
            return response
        if path == f"{self._base}/manifest.webmanifest":
            described = compact(manifest_of(self._base, PLAIN.name, words))
            return Response(described, media_type="application/manifest+json")
        return None

    def _static(self, name: str) -> Response:
        found = static_file(name)
        if found is not None:
            headers = {"cache-control": _FOR_EVER}
            return Response(found.content, media_type=found.media_type, headers=headers)
        if is_of_another_version(name):
            self._miss(name)
        return Response("This package has no such file.\n", status_code=404, media_type="text/plain")


def is_of_another_version(name: str) -> bool:
    """Tell whether a public name is one of ours with another content."""
    parts = name.split(".")
    if len(parts) != 3 or static_file(name) is not None:
        return False
    try:
        asset_name(f"{parts[0]}.{parts[2]}")
    except KeyError:
        return False
    return True
