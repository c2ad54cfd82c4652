"""Single sign-on in a real browser, whose own rules say where forms and cookies may go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from openhitl.identity.sso import CALLBACK_PATH
from openhitl.protocol.people import Role
from tests.accounts.visitors import Visitors, way_in
from tests.identity.provider import ADA, CLIENT_ID, SECRET, Provider, providing
from tests.servers import running


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
def visitors(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitors]:
    settings = {
        "oidc_issuer": provider.url,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SECRET,
        "oidc_allow": "example.org",
        "private_networks": "127.0.0.0/8",
    }
    with running(tmp_path_factory.mktemp("sso"), **settings) as server:
        provider.redirect_uri = server.url + CALLBACK_PATH
        with closing(Visitors(server)) as visitors:
            visitors.joined("Olga", Role.OWNER)
            yield visitors


@pytest.fixture(params=[True, False], ids=["js", "nojs"])
def page(whole_chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = whole_chromium.new_context(java_script_enabled=request.param, locale="en-GB")
    yield context.new_page()
    context.close()


def test_a_browser_signs_in_there_and_comes_back(page: Page, provider: Provider, visitors: Visitors) -> None:
    provider.human = {**ADA, "sub": "ada"}
    page.goto(f"{visitors.server.url}/account")
    page.get_by_role("link", name="Sign in with 127.0.0.1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Lovelace")
    assert page.url == f"{visitors.server.url}/account"


def test_a_browser_connects_an_account(page: Page, provider: Provider, visitors: Visitors) -> None:
    """The form itself may not lead elsewhere (`form-action`): the page after it does."""
    name = f"Bob {len(provider.used)}"
    provider.human = {**ADA, "sub": name}
    visitors.joined(name)
    page.goto(way_in(visitors.server, name))
    page.get_by_role("button").click()
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("From now on you can sign in that way, too.")).to_be_visible()
    expect(page.get_by_text("127.0.0.1 signs you in.")).to_be_visible()
