"""Where a request comes from: the address of whoever called, behind the proxies that the operator named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
#: What one line is usually given of IPv6 addresses: whoever has one of them has all. RFC 6177 §2.
_SITE_BITS = 64
#: Addresses that have just been read: most callers come again at once.
REMEMBERED = 1_024


class Callers:
    """Tells the address of a client.

    Args:
        proxies: networks in CIDR form; what comes from there says in X-Forwarded-For for whom.
    """

    def __init__(self, proxies: Iterable[str] = ()) -> None:
        self._proxies = [ip_network(text, strict=False) for text in proxies]

    def of(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
        """Return the address of whoever sent an ASGI request; empty where none is known.

        X-Forwarded-For is read from its end, as far as known proxies wrote it: its beginning is anybody's.
        """
        peer = scope.get("client")
        if not self._proxies:
            return _spelled(peer[0]) if peer else ""
        caller = _parsed(peer[0]) if peer else None
        for text in reversed(headers.get("x-forwarded-for", "").split(",")):
            if caller is None or not self._is_proxy(caller):
                break
            caller = _parsed(text.strip()) or caller
        return "" if caller is None else str(caller)

    def _is_proxy(self, address: Address) -> bool:
        return any(address in network for network in self._proxies if network.version == address.version)


@lru_cache(maxsize=REMEMBERED)
def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=REMEMBERED)
def _spelled(text: str) -> str:
    address = _parsed(text)
    return "" if address is None else str(address)


def neighbourhood(address: str) -> str:
    """Name what is counted as one caller: an IPv4 address, or the /64 network of an IPv6 one."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, _SITE_BITS), strict=False))
    return address
