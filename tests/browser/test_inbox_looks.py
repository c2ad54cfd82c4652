"""The pages of the inbox as people meet them: accessible, nothing runs off sideways, scripts stay small."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from openhitl.review.pages import static_file
from tests.browser.stage import SIZES
from tests.browser.test_looks import assert_accessible, assert_no_sideways_scroll
from tests.inbox.house import House
from tests.people import owned_agent, sign_in
from tests.servers import running

#: Gzipped, all that one page loads.
MAX_SCRIPT_BYTES = 30 * 1024
ONE_OF_FOUR = {"risk": "low", "items": [{"id": str(number), "title": "x" * 40} for number in range(4)]}
PLACES = ("/inbox", "/inbox/history", "/inbox/notices", "/inbox/settings", "/agents", "/review/{case}")
MODES = [(size, theme) for size in SIZES for theme in ("light", "dark")]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server where something waits, something has ended, and something was told."""
    with running(tmp_path_factory.mktemp("looks")) as server:
        ana, bo = sign_in(server, "Ana"), sign_in(server, "Bo")
        owned_agent(server, ana)
        house = House(server, ana, bo)
        for fields in (
            {"timeout": "12m", "context": {"risk": {"level": "high", "reasons": ["x" * 200]}}},
            {"prompt": "Approve " + "averylongwordwithoutanyspace" * 12},
            {"prompt": "אשר את המכתב \u202eRTL"},
            {"assurance": "signed_in", "timeout": "7d"},
            {"type": "confirmation"},
            {"type": "selection", "context": {"items": [{"id": "a", "title": "A"}]}},
            {"type": "selection", "context": {**ONE_OF_FOUR, "min": 1, "max": 1}},
        ):
            house.ask(**fields)
        for _ in range(3):
            house.ask()
        house.respond(ana, house.ask())
        house.respond(ana, house.ask(), "reject")
        for kind in ("info", "done", "warning", "error"):
            server.agent.post("/api/v1/notices", json={"message": "word " * 60 + "x" * 90, "kind": kind})
        shortcuts = {"language": "", "zone": "", "colours": "auto", "text_size": "normal", "shortcuts": "1"}
        assert ana.post("/inbox/settings", data=shortcuts).status_code == 303
        yield house


@pytest.fixture(scope="module", params=MODES, ids="-".join)
def screen(chromium: Browser, house: House, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A screen of a size and colour where Ana is signed in; axe needs a way past the policy."""
    size, theme = request.param
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        locale="en-GB",
        reduced_motion="reduce",
        bypass_csp=True,
    )
    context.add_cookies([{"name": "hitl_session", "value": house.ana.token, "url": house.server.url}])
    yield context.new_page()
    context.close()


def opened(page: Page, house: House, place: str) -> Page:
    waiting = house.ana.http.get("/api/v1/inbox?status=open").json()["cases"]
    page.goto(house.server.url + place.format(case=waiting[0]["case_id"]), wait_until="load")
    return page


@pytest.mark.parametrize("place", PLACES)
def test_every_page_of_the_inbox_is_accessible_and_fits(screen: Page, house: House, place: str) -> None:
    page = opened(screen, house, place)
    for summary in page.locator("main summary").all():
        summary.click()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    for button in page.locator("a.button:visible, button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 48


@pytest.mark.parametrize("place", PLACES)
def test_text_of_double_size_fits_on_a_phone(chromium: Browser, house: House, place: str) -> None:
    """WCAG 2.2, 1.4.4."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True)
    context.add_cookies([{"name": "hitl_session", "value": house.ana.token, "url": house.server.url}])
    page = opened(context.new_page(), house, place)
    page.add_style_tag(content="html { font-size: 200% }")
    assert_no_sideways_scroll(page)
    context.close()


@pytest.mark.parametrize("place", PLACES)
def test_pages_that_run_from_right_to_left_fit(chromium: Browser, house: House, place: str) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    context.add_cookies([{"name": "hitl_session", "value": house.ana.token, "url": house.server.url}])
    page = opened(context.new_page(), house, place)
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert_no_sideways_scroll(page)
    assert_accessible(page)
    context.close()


@pytest.mark.parametrize("place", PLACES)
def test_the_scripts_of_a_page_are_small(house: House, place: str) -> None:
    """All that the page loads, with what its scripts import."""
    waiting = house.ana.http.get("/api/v1/inbox?status=open").json()["cases"]
    html = house.ana.http.get(place.format(case=waiting[0]["case_id"])).text
    names = set(re.findall(r'src="/static/([\w.]+\.js)"', html))
    assert names
    while True:
        files = [static_file(name) for name in names]
        imported = {
            name
            for file in files
            if file is not None
            for name in re.findall(r'["\']\./([\w.]+\.js)["\']', file.content.decode())
        }
        if imported <= names:
            break
        names |= imported
    sizes = {file.name: len(gzip.compress(file.content)) for file in files if file is not None}
    assert sum(sizes.values()) <= MAX_SCRIPT_BYTES, sizes
