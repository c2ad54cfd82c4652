"""The gateway over real sockets: what passes, in which spelling, and what does not."""

from __future__ import annotations

import asyncio
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from openhitl.cases.carry import MAX_COOKIE_CHARACTERS
from openhitl.cli.gateway.cookies import Cookies
from openhitl.cli.gateway.ports import claim
from openhitl.cli.gateway.serving import bind, check_version
from openhitl.cli.gateway.site import Site
from openhitl.client.credentials import Credential
from openhitl.client.session import Session
from openhitl.errors import SetupError
from openhitl.review.pages.assets import asset_name
from openhitl.server.people_admin import roster
from tests.gateways import Answer, OpenGateway, StandIn, gateway_to, stand_in
from tests.people import sign_in
from tests.servers import RunningServer, running

HTML = ("Content-Type", "text/html; charset=utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("gateway")) as server:
        yield server


@pytest.fixture(scope="module")
def hostile() -> Iterator[StandIn]:
    with stand_in() as found:
        yield found


@pytest.fixture(scope="module")
def gateway(hostile: StandIn) -> Iterator[OpenGateway]:
    with gateway_to(f"{hostile.url}/hitl") as found:
        yield found


@pytest.fixture(scope="module")
def browser(gateway: OpenGateway) -> Iterator[httpx2.Client]:
    """A client that keeps no cookies of its own."""
    with httpx2.Client(base_url=gateway.url, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture(autouse=True)
def fresh(hostile: StandIn, browser: httpx2.Client, gateway: OpenGateway) -> None:
    hostile.asked.clear()
    hostile.answers.clear()
    browser.cookies.clear()
    gateway.missed.clear()


# With a real server


def test_a_session_begins_goes_on_and_ends(server: RunningServer) -> None:
    ana = sign_in(server, "Ana")
    with (
        gateway_to(server.url) as gateway,
        httpx2.Client(base_url=gateway.url, trust_env=False) as browser,
    ):
        assert browser.get("/inbox", headers={"accept": "text/html"}).headers["location"] == (
            f"{gateway.url}/sign-in?next=%2Finbox"
        )
        browser.cookies.set(*gateway.cookie("hitl_session", ana.token), domain="127.0.0.1")
        page = browser.get("/inbox", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert "<h1" in page.text
        given = {"csrf": ana.csrf}
        refused = browser.post("/sign-out", data=given, headers={"origin": "http://127.0.0.1:1"})
        assert refused.status_code == 403
        left = browser.post("/sign-out", data=given, headers={"origin": gateway.url})
        assert left.status_code == 303
        assert left.headers["location"].startswith(f"{gateway.url}/")
        (gone,) = [one for one in left.headers.get_list("set-cookie") if ".hitl_session=" in one]
        assert gateway.opened(*gone.partition(";")[0].split("=")) == "hitl_session="
        assert "Max-Age=0" in gone
        assert browser.get("/inbox").status_code in (303, 401)


def test_a_link_with_the_address_exchanged_signs_in_here(server: RunningServer) -> None:
    sign_in(server, "Ana")
    with roster(server.settings) as people:
        link = people.login_link("Ana")[1]
    with gateway_to(server.url) as gateway, httpx2.Client(trust_env=False) as browser:
        here = link.replace(server.url, gateway.url)
        accept = {"accept": "text/html"}
        assert "Sign in as" in browser.get(here, headers=accept).text
        # As Chromium sends a form of a page that has no referrer.
        sent = {"origin": "null", "sec-fetch-site": "same-origin", **accept}
        entered = browser.post(here, headers=sent)
        assert entered.status_code == 303, entered.text
        assert entered.headers["location"].startswith(f"{gateway.url}/")
        (name,) = browser.cookies
        assert name == f"hitl{gateway.site.port}.hitl_session"
        assert browser.get(f"{gateway.url}/inbox", headers=accept).status_code == 200


def test_a_stream_is_handed_on_as_it_comes(server: RunningServer) -> None:
    ana = sign_in(server, "Ana")
    with gateway_to(server.url) as gateway, httpx2.Client(base_url=gateway.url, trust_env=False) as browser:
        browser.cookies.set(*gateway.cookie("hitl_session", ana.token), domain="127.0.0.1")
        with browser.stream("GET", "/api/v1/inbox/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert "inbox.ready" in next(line for line in stream.iter_lines() if line.startswith("event:"))


def test_two_browsers_are_two_browsers(server: RunningServer) -> None:
    """No cookie is kept between the two sides: nobody is signed in as somebody else."""
    ana = sign_in(server, "Ana")
    with gateway_to(server.url) as gateway:
        cookie = dict([gateway.cookie("hitl_session", ana.token)])
        accept = {"accept": "text/html"}
        first = httpx2.get(f"{gateway.url}/inbox", cookies=cookie, headers=accept, trust_env=False)
        second = httpx2.get(f"{gateway.url}/inbox", headers=accept, trust_env=False)
        assert (first.status_code, second.status_code) == (200, 303)


def compare(server: str) -> None:
    """Compare the pages of a server with this package, as the command does."""

    async def run() -> None:
        async with Session(Credential(server)) as session:
            await check_version(Site(server, 1), session)

    asyncio.run(run())


def test_the_pages_of_this_version_are_known(server: RunningServer) -> None:
    compare(server.url)


# With a server that wants more


def test_the_pages_of_another_version_are_refused_with_both_versions(hostile: StandIn) -> None:
    hostile.answers["/sign-in"] = Answer(b'<link href="/static/page.000000000000.css">')
    hostile.answers["/openapi.json"] = Answer(b'{"info": {"version": "9.1.0"}}')
    with pytest.raises(SetupError, match=r"it runs 9\.1\.0, this is "):
        compare(hostile.url)


def test_a_theme_of_the_server_is_not_another_version(hostile: StandIn) -> None:
    hostile.answers["/sign-in"] = Answer(b'<link href="/static/theme.000000000000.css">')
    compare(hostile.url)


@pytest.mark.parametrize(
    "name",
    ["page.css", "page.000000000000.css", "evil.js", "..%2fevil.js", "%2e%2e/evil.js", "x/y.js", ""],
)
def test_files_come_from_the_package_or_not_at_all(
    hostile: StandIn, browser: httpx2.Client, gateway: OpenGateway, name: str
) -> None:
    for path in (f"/hitl/static/{name}", f"/hitl/%73tatic/{name}"):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "script-src" in answer.headers["content-security-policy"]
    assert hostile.asked == []
    assert bool(gateway.missed) is (name == "page.000000000000.css")


def test_own_files_are_those_of_the_package(hostile: StandIn, browser: httpx2.Client) -> None:
    script = browser.get(f"/hitl/static/{asset_name('sealed-case.js')}")
    assert script.status_code == 200
    assert script.headers["content-type"].startswith("text/javascript")
    worker = browser.get("/hitl/sw.js", headers={"accept-language": "de"})
    assert worker.text.startswith('self.app = {"base":"/hitl"')
    assert worker.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"
    manifest = browser.get("/hitl/manifest.webmanifest").json()
    assert manifest["start_url"] == "/hitl/inbox"
    assert hostile.asked == []


@pytest.mark.parametrize("destination", ["script", "style", "worker", "serviceworker", "iframe", "object"])
def test_what_a_page_would_load_is_not_fetched(
    hostile: StandIn, browser: httpx2.Client, destination: str
) -> None:
    assert browser.get("/hitl/evil.js", headers={"sec-fetch-dest": destination}).status_code == 404
    assert hostile.asked == []


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "evil.example.com", "127.0.0.1.example.com", "127.0.0.1:1"]
)
def test_other_names_of_this_machine_are_refused(
    hostile: StandIn, gateway: OpenGateway, browser: httpx2.Client, host: str
) -> None:
    named = host if host in ("127.0.0.1", "127.0.0.1:1") else f"{host}:{gateway.site.port}"
    for path in ("/hitl/inbox", "/hitl/sw.js"):
        assert browser.get(path, headers={"host": named}).status_code == 421
    assert hostile.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "/", "/other", "/hitl", "/hitlx/inbox", "/hitl/../admin", "/hitl/%2e%2e/admin", "/hitl/.%2E/admin",
        "/hitl\\..\\admin",
    ],
)  # fmt: skip
def test_only_what_lies_below_the_server_is_asked_for(gateway: OpenGateway, path: str) -> None:
    assert gateway.site.upstream(path, "") is None


def test_a_whole_address_leads_nowhere(hostile: StandIn, gateway: OpenGateway) -> None:
    """What a forward proxy would take: `GET http://other/ HTTP/1.1`."""
    for target in ("http://example.com/hitl/inbox", "//example.com/hitl/inbox", "@example.com/hitl/"):
        assert gateway.site.upstream(target, "") is None
    assert gateway.site.upstream("/hitl//example.com/x", "a=b") == f"{hostile.url}/hitl//example.com/x?a=b"


@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_refused(hostile: StandIn, browser: httpx2.Client, method: str) -> None:
    assert browser.request(method, "/hitl/inbox").status_code == 405
    assert hostile.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example.com", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "{own}", "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_another_page_changes_nothing(
    hostile: StandIn, gateway: OpenGateway, browser: httpx2.Client, headers: dict[str, str]
) -> None:
    given = {name: value.format(own=gateway.url) for name, value in headers.items()}
    assert browser.post("/hitl/inbox/x/respond", headers=given).status_code == 403
    assert hostile.asked == []


def test_a_foreign_page_reads_nothing(hostile: StandIn, browser: httpx2.Client) -> None:
    hostile.answers["/hitl/api"] = Answer(b"{}", (("Access-Control-Allow-Origin", "*"),))
    assert browser.get("/hitl/api", headers={"origin": "https://evil.example.com"}).status_code == 403
    answer = browser.get("/hitl/api")
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_what_the_server_hears(hostile: StandIn, gateway: OpenGateway, browser: httpx2.Client) -> None:
    hostile.answers["/hitl/inbox"] = Answer(b"")
    own = "=".join(gateway.cookie("__Host-hitl_session", "own"))
    sent = {
        "origin": gateway.url,
        "referer": f"{gateway.url}/hitl/review/1?token=secret",
        "cookie": f"hitl_session=of-another-port; {own}; theme=dark",
        "authorization": "Bearer of-this-machine",
        "connection": "keep-alive, x-hop",
        "x-hop": "1",
        "x-forwarded-for": "10.0.0.1",
        "te": "trailers",
        "content-type": "application/x-www-form-urlencoded",
        "accept-language": "de",
    }
    browser.post("/hitl/inbox?a=%2F", headers=sent, content=b"csrf=1")
    ((method, path, heard, body),) = hostile.asked
    assert (method, path, body) == ("POST", "/hitl/inbox?a=%2F", b"csrf=1")
    assert heard["host"] == hostile.url.removeprefix("http://")
    assert heard["cookie"] == "__Host-hitl_session=own"
    assert heard["sec-fetch-site"] == "same-origin"
    assert heard["accept-language"] == "de"
    unheard = {"origin", "referer", "authorization", "x-hop", "x-forwarded-for", "te"}
    assert unheard & set(heard) == set()


def test_what_the_browser_hears(hostile: StandIn, gateway: OpenGateway, browser: httpx2.Client) -> None:
    own = (
        HTML,
        ("Content-Security-Policy", "script-src * 'unsafe-inline'"),
        ("Refresh", "0; url=https://evil.example.com/"),
        ("Clear-Site-Data", '"*"'),
        ("Link", "</evil.js>; rel=preload; as=script"),
        ("Service-Worker-Allowed", "/"),
        ("X-Offline", "keep"),
        ("Cache-Control", "no-store"),
        ("Set-Cookie", "__Host-hitl_session=t0ken; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"),
        ("Set-Cookie", "wide=1; Domain=example.com; SameSite=None; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
        ("Set-Cookie", "bad name=1"),
        ("Set-Cookie", "nameless"),
    )  # fmt: skip
    hostile.answers["/hitl/inbox"] = Answer(b"<p>Hello", own)
    answer = browser.get("/hitl/inbox")
    first, second = answer.headers.get_list("set-cookie")
    assert "t0ken" not in answer.headers["set-cookie"]
    kept, attributes = first.split("; ", 1)
    assert kept.startswith(f"hitl{gateway.site.port}.__Host-hitl_session=")
    assert gateway.opened(*kept.split("=")) == "__Host-hitl_session=t0ken"
    assert attributes == "Max-Age=60; Path=/; HttpOnly; SameSite=Lax"
    kept, attributes = second.split("; ", 1)
    assert gateway.opened(*kept.split("=")) == "wide=1"
    assert attributes == "Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/hitl/; HttpOnly; SameSite=Lax"
    policies = answer.headers.get_list("content-security-policy")
    assert len(policies) == 1
    assert f"script-src {gateway.url}/hitl/static/;" in policies[0]
    assert "unsafe" not in policies[0]
    assert (answer.headers["x-offline"], answer.headers["cache-control"]) == ("keep", "no-store")
    unheard = {"refresh", "clear-site-data", "link", "service-worker-allowed"}
    assert unheard & set(answer.headers) == set()


@pytest.mark.parametrize(
    ("location", "here"),
    [
        ("/hitl/inbox?done=x#y", "/hitl/inbox?done=x#y"),
        ("{server}/hitl/inbox", "/hitl/inbox"),
        ("next", "/hitl/next"),
        ("?done=1", "/hitl/go?done=1"),
    ],
)
def test_redirects_of_the_server_stay_here(
    hostile: StandIn, gateway: OpenGateway, browser: httpx2.Client, location: str, here: str
) -> None:
    headers = (("Location", location.format(server=hostile.url)),)
    hostile.answers["/hitl/go"] = Answer(b"", headers, 303)
    answer = browser.get("/hitl/go")
    assert (answer.status_code, answer.headers["location"]) == (303, gateway.url + here)


@pytest.mark.parametrize(
    "location",
    ["https://evil.example.com/x", "//evil.example.com/", "javascript:alert(1)", "http://127.0.0.1:1/", "http://["],
)  # fmt: skip
def test_redirects_elsewhere_are_said_and_not_followed(
    hostile: StandIn, browser: httpx2.Client, location: str
) -> None:
    hostile.answers["/hitl/go"] = Answer(b"", (("Location", location),), 302)
    answer = browser.get("/hitl/go")
    assert answer.status_code == 502
    assert "location" not in answer.headers
    assert "The server sends you elsewhere" in answer.text
    assert location in answer.text


def test_bodies_have_limits(hostile: StandIn, gateway: OpenGateway, browser: httpx2.Client) -> None:
    hostile.answers["/hitl/x"] = Answer(b"")
    origin = {"origin": gateway.url}
    assert browser.post("/hitl/x", content=b"1" * (1024 * 1024 + 1), headers=origin).status_code == 413
    unsized = (b"1" * 65_536 for _ in range(17))
    assert browser.post("/hitl/x", content=unsized, headers=origin).status_code == 413
    assert hostile.asked == []
    assert browser.post("/hitl/x", content=b"1" * 1024 * 1024, headers=origin).status_code == 200


def test_a_server_that_is_away_is_said() -> None:
    with bind(0) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    with gateway_to(nobody) as gateway:
        answer = httpx2.get(f"{gateway.url}/inbox", headers={"accept": "text/html"}, trust_env=False)
        assert answer.status_code == 502
        assert "The server cannot be reached" in answer.text
        assert "script-src" in answer.headers["content-security-policy"]


def test_a_stolen_cookie_is_none_anywhere_else(server: RunningServer) -> None:
    """A browser sends the cookies of 127.0.0.1 to all its ports, whoever listens there. RFC 6265 §8.5."""
    ana = sign_in(server, "Ana")
    with gateway_to(server.url) as gateway, gateway_to(server.url) as other:
        name, sealed = gateway.cookie("hitl_session", ana.token)
        assert ana.token not in sealed
        accept = {"accept": "text/html"}
        here = httpx2.get(f"{gateway.url}/inbox", cookies={name: sealed}, headers=accept, trust_env=False)
        assert here.status_code == 200
        elsewhere = {"hitl_session": sealed, f"hitl{other.site.port}.hitl_session": sealed}
        for url in (server.url, other.url):
            answer = httpx2.get(f"{url}/inbox", cookies=elsewhere, headers=accept, trust_env=False)
            assert answer.status_code == 303


def test_a_cookie_is_its_own_name_s_server_s_and_key_s() -> None:
    site, key = Site("https://one.example.com", 4486), bytes(32)
    cookies = Cookies(site, key)
    told = cookies.down("a=value")
    assert told is not None
    kept = told.partition(";")[0]
    sealed = kept.partition("=")[2]
    assert cookies.up(kept) == "a=value"
    for wrong in (
        kept.replace(".a=", ".b="), kept[:-1], f"{kept}A", "hitl4486.a=", "hitl4486.a=value", "hitl4486.a=é",
    ):  # fmt: skip
        assert cookies.up(wrong) == ""
    assert Cookies(site, bytes([1]) * 32).up(kept) == ""
    assert Cookies(Site("https://two.example.com", 4486), key).up(kept) == ""
    assert Cookies(Site("https://one.example.com", 4487), key).up(f"hitl4487.a={sealed}") == ""
    assert cookies.down("a=value") != told, "no two look alike"


def test_the_longest_cookies_still_fit_into_a_browser() -> None:
    """RFC 6265 §6.1: 4,096 bytes with name and attributes."""
    longest = secrets.token_urlsafe(MAX_COOKIE_CHARACTERS)[:MAX_COOKIE_CHARACTERS]
    given = f"__Host-hitl_carry_{'x' * 40}={longest}; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax"
    told = Cookies(Site("https://one.example.com", 44860), bytes(32)).down(given)
    assert told is not None
    assert len(told) <= 4_096


def test_bytes_beyond_ascii_pass_on_both_sides(hostile: StandIn, browser: httpx2.Client) -> None:
    """RFC 9110 §5.5: a field value may hold them, and nobody says in which encoding."""
    named = (HTML, ("Content-Disposition", 'inline; filename="\u00fc.txt"'))
    hostile.answers["/hitl/inbox"] = Answer(b"Hello", named)
    answer = browser.get("/hitl/inbox", headers=[(b"user-agent", b"Caf\xe9/1"), (b"x-offline", b"\xc5\x82")])
    assert answer.status_code == 200
    assert (b"content-disposition", b'inline; filename="\xfc.txt"') in answer.headers.raw
    heard = hostile.asked[0][2]
    assert (heard["user-agent"], heard["x-offline"]) == ("Caf\xe9/1", "\xc5\x82")
    # Read as UTF-8, what these bytes say is nothing that latin-1 could spell.
    hostile.answers["/hitl/inbox"] = Answer(b"Hello", (HTML, ("X-Offline", "\xc5\x82")))
    assert (b"x-offline", b"\xc5\x82") in browser.get("/hitl/inbox").headers.raw
    hostile.answers["/hitl/go"] = Answer(b"", (("Location", "/hitl/\xc5\x82"),), 303)
    assert browser.get("/hitl/go").status_code == 303


def test_a_port_is_for_one_server(tmp_path: Path) -> None:
    folder = tmp_path / "openhitl"
    key = claim(folder, Site("https://one.example.com", 4486))
    assert claim(folder, Site("https://one.example.com", 4486)) == key
    assert claim(folder, Site("https://two.example.com", 4487)) != key
    with pytest.raises(SetupError, match=r"Port 4486 has shown https://one\.example\.com before") as refused:
        claim(folder, Site("https://two.example.com", 4486))
    (named,) = folder.glob("web-4486.json")
    assert f"delete {named} " in refused.value.hint
    named.unlink()
    assert claim(folder, Site("https://two.example.com", 4486)) != key
    assert stat.S_IMODE(named.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"server": "https://one.example.com", "key": "AA=="}']
)
def test_a_claim_that_says_nothing_is_named(tmp_path: Path, text: str) -> None:
    tmp_path.chmod(0o700)
    broken = tmp_path / "web-4486.json"
    broken.write_text(text)
    broken.chmod(0o600)
    with pytest.raises(SetupError, match=re.escape(str(broken))):
        claim(tmp_path, Site("https://one.example.com", 4486))


def test_it_listens_on_this_machine_alone() -> None:
    with bind(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        with pytest.raises(SetupError, match="Cannot listen"):
            bind(listener.getsockname()[1])
