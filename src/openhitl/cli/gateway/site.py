"""The two places that a gateway lies between, and the way from the addresses of one to those of the other."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from openhitl.client.origins import same_origin, site_of
from openhitl.protocol.record import record

#: Numeric: a name could lead to another interface, where somebody else listens. RFC 8252 §8.3.
HOST = "127.0.0.1"


@record(frozen=True, slots=True)
class Site:
    """A server, and the port of this machine where its pages are shown.

    `server` is its address without a slash at the end; the paths below it are the same on both sides.
    """

    server: str
    port: int

    @property
    def host(self) -> str:
        """What browsers call this machine's side."""
        return f"{HOST}:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    @property
    def base(self) -> str:
        """The path that all of the server's paths begin with; empty, or without a slash at the end."""
        return urlsplit(self.server).path

    def upstream(self, raw_path: str, query: str) -> str | None:
        """Return the server's address for a path as a browser spelt it; None for what is not below ours."""
        steps = raw_path.lower().replace("%2e", ".").split("/")
        if not raw_path.startswith(f"{self.base}/") or "\\" in raw_path or ".." in steps or "." in steps:
            return None
        return f"{site_of(self.server)}{raw_path}{f'?{query}' if query else ''}"

    def here(self, location: str, asked: str) -> str | None:
        """Return where a redirect of the server leads on this side; None if it leads to somebody else.

        Args:
            location: as the server spelt it.
            asked: the server's address that answered so.
        """
        try:
            target = urljoin(asked, location)
            parts = urlsplit(target)
        except ValueError:
            return None
        if not same_origin(target, self.server) or parts.username or parts.password:
            return None
        query = f"?{parts.query}" if parts.query else ""
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return f"{self.origin}{parts.path or '/'}{query}{fragment}"
