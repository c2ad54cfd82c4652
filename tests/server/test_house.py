"""The routes of the house: health, metrics, static files, documents; HEAD, and addresses that are none."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from openhitl.review.pages.controls import PREFIX
from tests.door.bodies import CONFIRMATION, INPUT
from tests.durability.test_kills import free_port
from tests.servers import RunningServer, running, token_of

HOUSE = ("/healthz", "/readyz", "/metrics", "/openapi.json", "/.well-known/hitl.json")

SOMEWHERE = (
    *HOUSE,
    "/static/x",
    "/api/v1/reviews",
    "/review/x",
    "/reviews/x/respond",
    "/api/reviews/x/status",
    "/api/reviews/x/events",
)
NOWHERE = (
    "/",
    "//",
    "/%ff",
    "/nowhere",
    "/api",
    "/api/v1/reviews/",
    "/api/reviews/",
    "/api/reviews/x/else",
    "/review//",
    "/healthz/x",
    "/metrics/",
    "/openapi.jsonx",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("house"), poll_rate=0) as running_server:
        yield running_server


@pytest.fixture(scope="module")
def below_a_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that people see below /team/hitl."""
    port = free_port()
    settings = {"port": port, "base_url": f"http://localhost:{port}/team/hitl/"}
    with running(tmp_path_factory.mktemp("prefix"), **settings) as running_server:
        yield running_server


def test_the_house_answers(server):
    for path in HOUSE:
        assert server.anyone.get(path).status_code == 200, path
    metrics = server.anyone.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "openhitl_event_streams 0.0" in metrics.text


def test_head_is_get_without_a_body(server):
    hitl = server.ask(CONFIRMATION)
    pages = [hitl["review_url"], hitl["poll_url"], "/api/v1/reviews", "/nowhere", hitl["review_url"] + "x"]
    for url in (*HOUSE, *pages, asset_of(server)):
        got, headed = server.service.get(url), server.service.head(url)
        assert headed.status_code == got.status_code, url
        assert headed.content == b""
        assert headed.headers["content-type"] == got.headers["content-type"]
        if "/metrics" not in url and "review/" not in url:  # these differ from one time to the next
            assert headed.headers["content-length"] == got.headers["content-length"], url


def test_head_of_a_stream_ends(server):
    hitl = server.ask(CONFIRMATION)
    response = server.service.head(hitl["events_url"])
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "openhitl_event_streams 0.0" in server.anyone.get("/metrics").text


def asset_of(server: RunningServer) -> str:
    page = server.anyone.get(server.ask(CONFIRMATION)["review_url"]).text
    return re.search(r'href="([^"]*/static/page\.[^"]*\.css)"', page)[1]


def test_static_files_are_kept_for_good_and_others_are_not_found(server):
    response = server.anyone.get(asset_of(server))
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/css")
    assert "immutable" in response.headers["cache-control"]
    for name in ("page.css", "../pyproject.toml", "..%2f..%2fsettings.py", "", "a/b", "%00", "page.html"):
        refused = server.anyone.get(f"/static/{name}")
        assert (refused.status_code, refused.json()["error"]) == (404, "not_found"), name


@pytest.mark.parametrize("path", NOWHERE)
def test_an_address_that_is_none_is_404_in_json(server, path):
    response = server.service.get(path)
    assert response.status_code == 404, response.text
    assert response.json()["error"] == "not_found"
    assert response.json()["message"]


@pytest.mark.parametrize("path", SOMEWHERE)
@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_a_method_that_an_address_does_not_take_is_405_and_says_which_it_takes(server, path, method):
    """RFC 9110 §15.5.6."""
    response = server.service.request(method, path)
    assert (response.status_code, response.json()["error"]) == (405, "method_not_allowed")
    assert set(response.headers["allow"].split(", ")) <= {"GET", "HEAD", "POST", "PUT"}


def test_below_a_path_every_address_that_is_given_out_has_it(below_a_path):
    server = below_a_path
    assert server.url.endswith("/team/hitl")
    hitl = server.ask(INPUT)
    for name in ("review_url", "poll_url", "events_url"):
        assert hitl[name].startswith(server.url + "/"), name
    assert "submit_url" not in hitl or hitl["submit_url"].startswith(server.url + "/")
    discovery = server.anyone.get(server.url + "/.well-known/hitl.json").json()["hitl_protocol"]
    assert all(url.startswith(server.url + "/") for url in discovery["endpoints"].values())
    page = server.anyone.get(hitl["review_url"])
    local = re.findall(r'(?:href|src|action|formaction|data-[a-z-]+)="(/[^"]*)"', page.text)
    assert local
    assert [address for address in local if not address.startswith("/team/hitl/")] == []


def test_below_a_path_the_page_of_an_error_finds_its_style_sheet(below_a_path):
    response = below_a_path.anyone.get(
        below_a_path.url + "/review/review_none?token=x", headers={"accept": "text/html"}
    )
    assert response.status_code == 401
    found = re.findall(r'(?:href|src)="(/[^"]*)"', response.text)
    assert found
    assert [address for address in found if not address.startswith("/team/hitl/static/")] == []


def test_below_a_path_a_form_leads_back_to_its_page(below_a_path):
    server = below_a_path
    hitl = server.ask(INPUT)
    form = {f"{PREFIX}street": "1 Harbour Rd", f"{PREFIX}door_code": "9876"}
    target = hitl["review_url"].replace("/review/", "/reviews/").replace("?", "/respond?")
    posts = [(target.replace("/respond", "/draft"), form), (target, {**form, "action": "submit"})]
    for address, post in posts:
        response = server.anyone.post(address, data=post)
        assert response.status_code == 303, response.text
        assert response.headers["location"].startswith("/team/hitl/review/")
        assert "; Path=/team/hitl;" in response.headers["set-cookie"]
    assert server.status(hitl)["result"]["data"]["door_code"] == "9876"


def test_a_proxy_that_takes_the_path_away_is_served_too(below_a_path):
    hitl = below_a_path.ask(CONFIRMATION)
    origin = below_a_path.url.removesuffix("/team/hitl")
    for url in (hitl["review_url"], hitl["poll_url"], f"{below_a_path.url}/healthz"):
        bare = url.replace("/team/hitl", "")
        assert bare.startswith(origin + "/")
        assert below_a_path.service.get(bare).status_code == 200
    assert below_a_path.service.get(f"{origin}/team/hitlx/healthz").status_code == 404


def test_the_page_of_an_unknown_case_says_so_in_html_to_people(server):
    response = server.anyone.get("/review/review_nothing?token=x", headers={"accept": "text/html"})
    assert response.status_code in (401, 404)
    assert response.headers["content-type"].startswith("text/html")
    assert token_of(server.ask()["review_url"]) not in response.text
