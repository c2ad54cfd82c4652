"""The pages as people meet them: accessible, above the fold, without sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from openhitl.review.pages import render_error
from tests.browser.accessibility import assert_accessible, assert_no_sideways_scroll
from tests.browser.gallery import ACCOUNTS, EVERY, OTHERS, TYPES
from tests.browser.stage import Stage, staged
from tests.pages.pseudo import mirrored
from tests.pages.samples import made, view

MODES = [
    (size, theme, script)
    for size in ("phone", "desktop")
    for theme in ("light", "dark")
    for script in (True, False)
]


@pytest.fixture(
    scope="module", params=MODES, ids=lambda mode: f"{mode[0]}-{mode[1]}-{'js' if mode[2] else 'nojs'}"
)
def stage(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Stage]:
    size, theme, script = request.param
    with staged(chromium, size=size, theme=theme, script=script, bypass_csp=True) as stage:
        yield stage


@pytest.fixture(scope="module")
def narrow(chromium: Browser) -> Iterator[Stage]:
    with staged(chromium, size="narrow", bypass_csp=True) as stage:
        yield stage


@pytest.mark.parametrize("name", TYPES)
def test_each_type_is_accessible_and_says_what_matters_above_the_fold(stage: Stage, name: str) -> None:
    page = stage.show(TYPES[name])
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    bar = page.locator(".bar").bounding_box()
    height = page.viewport_size["height"] if page.viewport_size else 0
    assert bar is not None
    assert bar["y"] + bar["height"] <= height + 1
    for part in (".asker", "h1", "#deadline", ".banner:not([hidden])", ".zone-name"):
        for element in page.locator(part).all():
            box = element.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= bar["y"], part
    for button in page.locator(".bar .button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 48


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_other_page_is_accessible(narrow: Stage, name: str, theme: str) -> None:
    narrow.page.emulate_media(color_scheme=theme)
    assert_accessible(narrow.show(OTHERS[name]))


@pytest.fixture(scope="module", params=[("narrow", "dark"), ("desktop", "light")], ids="-".join)
def column(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Stage]:
    size, theme = request.param
    with staged(chromium, size=size, theme=theme, bypass_csp=True) as stage:
        yield stage


@pytest.mark.parametrize("name", ACCOUNTS)
def test_every_page_of_accounts_is_accessible(column: Stage, name: str) -> None:
    """They are the same column on every screen."""
    page = column.show(ACCOUNTS[name])
    for summary in page.locator("summary:visible").all():
        summary.click()
    assert_accessible(page)
    for button in page.locator("a.button:visible, button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 48


@pytest.mark.parametrize("name", EVERY)
def test_nothing_scrolls_sideways_at_320_pixels(narrow: Stage, name: str) -> None:
    assert_no_sideways_scroll(narrow.show(EVERY[name]))


@pytest.fixture(scope="module")
def enlarged(chromium: Browser) -> Iterator[Stage]:
    with staged(chromium, bypass_csp=True) as stage:
        yield stage


@pytest.mark.parametrize("name", EVERY)
def test_nothing_scrolls_sideways_on_a_phone_with_text_of_double_size(enlarged: Stage, name: str) -> None:
    """WCAG 2.2, 1.4.4."""
    page = enlarged.show(EVERY[name])
    page.add_style_tag(content="html { font-size: 200% }")
    assert_no_sideways_scroll(page)


def test_a_comparison_is_one_grid_where_there_is_room_and_cards_where_there_is_none(
    chromium: Browser,
) -> None:
    lefts = "[...document.querySelectorAll('.cell-2')].map((cell) => cell.getBoundingClientRect().left)"
    heads = "[...document.querySelectorAll('.heads > *')].map((head) => head.getBoundingClientRect().left)"
    with staged(chromium, size="desktop", script=False) as stage:
        page = stage.show(TYPES["selection"])
        assert page.get_by_role("checkbox").count() == 3
        in_column = page.evaluate(lefts)
        assert len(in_column) == 3
        assert {round(left) for left in in_column} == {round(page.evaluate(heads)[1])}
    with staged(chromium, script=False) as stage:
        page = stage.show(TYPES["selection"])
        assert page.get_by_role("checkbox").count() == 3
        assert not page.locator(".heads").is_visible()
        assert page.locator(".cells dt").first.is_visible()


@pytest.mark.parametrize("name", TYPES)
def test_pages_turned_round_are_accessible_and_fit(
    narrow: Stage, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = narrow.show(TYPES[name], words=mirrored(tmp_path_factory.mktemp("words")))
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    assert_accessible(page)
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize("review_type", ["approval", "confirmation", "escalation"])
def test_a_question_that_is_only_its_prompt_has_no_empty_box(narrow: Stage, review_type: str) -> None:
    assert narrow.show(view(made(review_type, "Go?", {}))).locator(".zone:visible").count() == 0
    assert_accessible(narrow.page)
    told = narrow.show(view(made(review_type, "Go?", {}, message="All is ready.")))
    assert told.locator(".zone:visible").count() == 1


@pytest.mark.parametrize("status", [401, 429, 500])
def test_error_pages_are_accessible(narrow: Stage, status: int) -> None:
    assert_accessible(narrow.put(render_error("code", status)))


@pytest.mark.parametrize("name", EVERY)
def test_the_bar_never_covers_what_has_the_focus(narrow: Stage, name: str) -> None:
    """WCAG 2.2, 2.4.11."""
    page = narrow.show(EVERY[name])
    for _ in range(60):
        page.keyboard.press("Tab")
        covered = page.evaluate(
            """() => {
                const focused = document.activeElement, bar = document.querySelector(".bar");
                if (!focused || focused === document.body) return null;
                const box = focused.getBoundingClientRect();
                if (!bar || bar.contains(focused)) return false;
                return box.top >= bar.getBoundingClientRect().top;
            }"""
        )
        if covered is None:
            break
        assert not covered, page.evaluate("document.activeElement.outerHTML")
