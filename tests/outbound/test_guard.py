"""Which addresses the server may connect to: every form of a private one is refused."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from openhitl.errors import AddressRefused, SetupError
from openhitl.outbound import Guard
from tests.outbound.names import run_resolving

PRIVATE = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "100::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
)
PUBLIC = ("93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8")
#: How the loopback and other private addresses can be written so that they do not look like it.
DISGUISES = (
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.1",
    "0",
    "0xa9fea9fe",
    "10.1",
    "::ffff:127.0.0.1",
    "0:0:0:0:0:0:0:1",
    "fe80::1%lo",
    "::1%lo",
    "localhost",
)


def resolve(host: str, port: int = 443, *, allowed: tuple[str, ...] = ()) -> str:
    return asyncio.run(Guard(allowed).resolve(host, port))


@pytest.mark.parametrize("text", PRIVATE)
def test_an_address_that_is_not_public_is_not_permitted(text: str) -> None:
    assert not Guard().permits(ip_address(text), 443)


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_permitted_on_the_ports_of_the_web_alone(text: str) -> None:
    address = ip_address(text)
    assert [port for port in (22, 25, 80, 443, 6379, 8080) if Guard().permits(address, port)] == [80, 443]


@pytest.mark.parametrize("host", DISGUISES)
def test_a_private_address_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(AddressRefused):
        resolve(host)


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_connected_to_as_it_is(text: str) -> None:
    assert ip_address(resolve(text)) == ip_address(text)


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        ["93.184.215.14", "10.0.0.1"],
        ["10.0.0.1", "93.184.215.14"],
        ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::1"],
        ["93.184.215.14", "fe80::1%eth0"],
        [],
    ],
)
def test_a_name_with_any_private_address_or_none_is_refused(addresses: list[str]) -> None:
    with pytest.raises(AddressRefused):
        run_resolving({"shop.example": [addresses]}, lambda: Guard().resolve("shop.example", 443))


def test_a_name_is_resolved_once_and_one_of_the_judged_addresses_is_used() -> None:
    names = {"shop.example": [["93.184.215.14", "8.8.8.8"], ["127.0.0.1"]]}
    address, asked = run_resolving(names, lambda: Guard().resolve("shop.example", 443))
    assert address in ("93.184.215.14", "8.8.8.8")
    assert asked == ["shop.example"]


def test_a_name_that_nobody_knows_is_refused() -> None:
    with pytest.raises(AddressRefused):
        run_resolving({"nobody.example": []}, lambda: Guard().resolve("nobody.example", 443))


@pytest.mark.parametrize("host", ["a" * 300, "a..b", ""])
def test_what_cannot_be_a_name_is_refused(host: str) -> None:
    with pytest.raises(AddressRefused):
        resolve(host)


def test_a_listed_network_may_be_reached_on_any_port_and_nothing_beside_it() -> None:
    guard = Guard(["10.1.0.0/16", " fd00::/8 ", ""])
    assert guard.permits(ip_address("10.1.2.3"), 8080)
    assert guard.permits(ip_address("::ffff:10.1.2.3"), 8080)
    assert guard.permits(ip_address("fd00::1"), 9000)
    assert not guard.permits(ip_address("10.2.0.1"), 80)
    assert not guard.permits(ip_address("fe80::1"), 80)
    assert not guard.permits(ip_address("93.184.215.14"), 8080)


def test_a_network_that_is_malformed_is_named() -> None:
    with pytest.raises(SetupError, match=r"HITL_PRIVATE_NETWORKS.*10\.0\.0\.0/99"):
        Guard(["10.0.0.0/99"])
