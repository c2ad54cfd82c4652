"""Fetching from other servers: guarded, without redirects, bounded in time and size."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from openhitl.errors import AddressRefused, PeerError
from openhitl.outbound import Fetched, Guard, OutboundHttp
from openhitl.outbound.http import MAX_BYTES
from tests.outbound.names import run_resolving
from tests.outbound.origin import Answer, Origin, serving

LOOPBACK = ("127.0.0.1/32",)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with serving() as running:
        yield running


async def fetch(
    *urls: str, allowed: tuple[str, ...] = LOOPBACK, timeout_seconds: float = 10.0, **headers: str
) -> Fetched:
    """Fetch addresses one after the other through one pool; return the last answer."""
    outbound = OutboundHttp(Guard(allowed), timeout_seconds=timeout_seconds)
    try:
        for url in urls:
            fetched = await outbound.get(url, headers=headers)
        return fetched
    finally:
        await outbound.close()


def test_a_listed_network_is_fetched_from(origin: Origin) -> None:
    origin.answers["/value"] = Answer(b'{"value": 1}', content_type="application/JSON; charset=utf-8")
    fetched = asyncio.run(fetch(f"{origin.url}/value?of=it", accept="application/json"))
    assert fetched == Fetched(200, "application/json", b'{"value": 1}')
    path, headers = origin.seen[0]
    assert path == "/value?of=it"
    assert headers["host"] == f"127.0.0.1:{origin.port}"
    assert headers["accept"] == "application/json"
    assert not {"cookie", "authorization"} & set(headers)


def test_without_the_list_nothing_of_this_machine_is_reached(origin: Origin) -> None:
    for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "[::1]"):
        with pytest.raises(AddressRefused):
            asyncio.run(fetch(f"http://{host}:{origin.port}/", allowed=()))
    assert origin.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:80/_x",
        "unix:/var/run/docker.sock",
        "//127.0.0.1/",
        "/relative",
        "",
        "http:///nobody",
        "http://alice@127.0.0.1/",
        "http://alice:pass@127.0.0.1/",
        "http://@127.0.0.1/",
        "http://public.example@127.0.0.1/",
        "http://127.0.0.1\\@public.example/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:eighty/",
        "http://[::1/",
        "http://127.0.0.1/ü",
        "http://[fe80::1%25lo]/",
    ],
)
def test_what_is_not_a_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        asyncio.run(fetch(url))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(origin: Origin, status: int) -> None:
    origin.answers["/away"] = Answer(status=status, headers={"location": "/secret"})
    assert asyncio.run(fetch(f"{origin.url}/away")).status == status
    assert origin.paths == ["/away"]


def test_a_name_that_resolves_differently_the_second_time_gains_nothing(origin: Origin) -> None:
    """Rebinding: the address that was judged is the one that is connected to."""
    with serving("127.0.0.2") as inside:
        origin.answers["/"] = inside.answers["/"] = Answer(b"it")
        for port in (origin.port, inside.port):
            names = {"shop.example": [["127.0.0.1"], ["127.0.0.2"]]}
            try:
                _, asked = run_resolving(names, lambda port=port: fetch(f"http://shop.example:{port}/"))
            except PeerError:
                continue  # nobody listens on that port of the judged address
            assert asked == ["shop.example"]
            assert origin.seen[0][1]["host"] == f"shop.example:{port}"
        assert (len(origin.seen), inside.seen) == (1, [])


def test_a_name_is_judged_again_for_every_new_connection(origin: Origin) -> None:
    origin.answers["/"] = Answer(b"it", headers={"connection": "close"})
    names = {"shop.example": [["127.0.0.1"], ["127.0.0.2"]]}
    url = f"http://shop.example:{origin.port}/"
    with pytest.raises(AddressRefused):
        run_resolving(names, lambda: fetch(url, url))
    assert len(origin.seen) == 1


def test_sixty_four_kibibytes_are_taken_and_not_one_byte_more(origin: Origin) -> None:
    origin.answers["/full"] = Answer(b"x" * MAX_BYTES)
    origin.answers["/over"] = Answer(b"x" * (MAX_BYTES + 1))
    assert len(asyncio.run(fetch(f"{origin.url}/full")).body) == 64 * 1024
    with pytest.raises(PeerError, match="longer than 65536 bytes"):
        asyncio.run(fetch(f"{origin.url}/over"))


def test_an_answer_without_an_end_is_cut_at_its_size(origin: Origin) -> None:
    origin.answers["/endless"] = Answer(b"x" * (MAX_BYTES + 1), stalls=True)
    with pytest.raises(PeerError, match="longer than 65536 bytes"):
        asyncio.run(fetch(f"{origin.url}/endless"))


def test_an_answer_that_does_not_come_is_cut_in_time(origin: Origin) -> None:
    origin.answers["/slow"] = Answer(b"almost", stalls=True)
    with pytest.raises(PeerError, match="did not answer"):
        asyncio.run(fetch(f"{origin.url}/slow", timeout_seconds=0.3))


def test_a_closed_port_is_the_peers_failure(origin: Origin) -> None:
    with serving() as gone:
        pass
    with pytest.raises(PeerError, match="did not answer") as caught:
        asyncio.run(fetch(gone.url))
    assert not isinstance(caught.value, AddressRefused)


def test_proxies_of_the_environment_are_not_used(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        asyncio.run(fetch(f"{origin.url}/"))
        assert (len(origin.seen), proxy.seen) == (1, [])
