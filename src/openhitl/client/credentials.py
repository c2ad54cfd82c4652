"""A credential and where it may go: to the origin that the caller called, nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from openhitl.client.exchange import Request, Response
from openhitl.client.origins import same_origin
from openhitl.errors import ServerUnreachable

#: Headers that belong to one request and its body. Any other may be what lets a caller in: services
#: name their keys as they like.
_OF_ONE_REQUEST = frozenset(
    {
        "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection",
        "date", "expect", "host", "idempotency-key", "keep-alive", "origin", "pragma", "prefer",
        "proxy-authorization", "proxy-connection", "range", "referer", "te", "trailer",
        "transfer-encoding", "upgrade", "user-agent", "x-http-method-override",
    }
)  # fmt: skip
_OF_ONE_REQUEST_TOO = ("content-", "if-", "sec-")


Send = Callable[[Request], Response]


class Renewal(Protocol):
    """Headers that end in time, and others that follow on them."""

    def headers(self) -> Mapping[str, str]:
        """Return the headers as they are now."""
        ...

    def is_due(self) -> bool:
        """Tell whether they have ended, and others can be had."""
        ...

    def renew(self, send: Send, refused: Mapping[str, str] | None = None) -> bool:
        """Get others, unless that was done meanwhile; `refused` are those that the server did not take.

        Blocks. False if there are no others. Raises: LoginEnded, SetupError, PeerError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Credential:
    """Headers that let a caller in, and a URL of the one origin that may see them.

    `is_trusted` is asked before each request to that origin: an address of this machine may be held
    by anybody. With a `renewal` the headers are its.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_trusted: Callable[[], bool] | None = field(default=None, repr=False, compare=False)
    renewal: Renewal | None = field(default=None, repr=False, compare=False)

    def headers_for(self, url: str) -> Mapping[str, str]:
        """Return the headers for a request to `url`: none if that is another place.

        Raises: ServerUnreachable if who is there is nobody whom we know.
        """
        if not self._reaches(url):
            return {}
        return self.headers if self.renewal is None else self.renewal.headers()

    def renewal_for(self, url: str) -> Renewal | None:
        """Return what renews the headers for a request to `url`, if anything does.

        Raises: ServerUnreachable, as `headers_for`.
        """
        return self.renewal if self.renewal is not None and self._reaches(url) else None

    def _reaches(self, url: str) -> bool:
        if not same_origin(url, self.url):
            return False
        if self.is_trusted is not None and not self.is_trusted():
            raise ServerUnreachable("No server of yours runs on this machine.")
        return True


def credential_of(url: str, headers: Iterable[tuple[str, str]]) -> Credential:
    """Take from a request that was sent what let it in: every header that is not the request's own.

    HITL v0.8 §8: polls take the authentication of the original call.
    """
    kept = {name.lower(): value for name, value in headers}
    return Credential(url, {name: value for name, value in kept.items() if not _is_of_one_request(name)})


def _is_of_one_request(name: str) -> bool:
    return name in _OF_ONE_REQUEST or name.startswith(_OF_ONE_REQUEST_TOO)
