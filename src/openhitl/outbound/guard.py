"""Which addresses this server may connect to: public ones, and those that the operator listed.

A name is resolved once, every address it has is judged, and the connection goes to one of the
addresses that were judged, so that a name which resolves differently the second time gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import httpcore2

from openhitl.errors import AddressRefused, NameNotFound, SetupError

PORTS = frozenset({80, 443})
#: The only IPv6 addresses given out for the public internet so far. RFC 4291 §2.4.
_PUBLIC_IPV6 = IPv6Network("2000::/3")
#: IPv6 ranges that carry an IPv4 address inside: NAT64 (RFC 6052, RFC 8215), 6to4, Teredo.
_CARRIERS = tuple(IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
Address = IPv4Address | IPv6Address


class Guard:
    """Judges addresses.

    Args:
        allowed: networks in CIDR form that may be reached although they are not public; any port of
            theirs is fine. Raises SetupError for one that is malformed.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        try:
            self._allowed = [ip_network(text.strip(), strict=False) for text in allowed if text.strip()]
        except ValueError as error:
            raise SetupError(f"HITL_PRIVATE_NETWORKS: {error}") from error

    def is_listed(self, address: Address) -> bool:
        return any(address in network for network in self._allowed if network.version == address.version)

    def permits(self, address: Address, port: int) -> bool:
        """Tell whether a connection to this address and port may be made."""
        if self.is_listed(address):
            return True
        if isinstance(address, IPv6Address):
            if address.ipv4_mapped is not None:
                return self.permits(address.ipv4_mapped, port)
            if address not in _PUBLIC_IPV6 or any(address in carrier for carrier in _CARRIERS):
                return False
        return address.is_global and not address.is_multicast and port in PORTS

    async def resolve(self, host: str, port: int) -> str:
        """Resolve a name once and return an address to connect to.

        Raises: AddressRefused if any of its addresses is not permitted, or it has none; NameNotFound.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NameNotFound(f"{host} could not be resolved.") from error
        addresses = [str(entry[4][0]) for entry in found]
        for text in addresses:
            if not self.permits(ip_address(text.partition("%")[0]), port):
                raise AddressRefused(f"{host} may not be called from this server.")
        if not addresses:
            raise AddressRefused(f"{host} has no address.")
        return addresses[0]


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections only to addresses that the guard has judged."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the overridden method's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        address = await self._guard.resolve(host, port)
        return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the overridden method's signature
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        raise AddressRefused("Unix sockets may not be called from this server.")

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
