"""Chromium through a gateway: an encrypted case from end to end, and a server that wants to run scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from openhitl.protocol.base64url import decode
from tests.browser.encrypting import APPROVAL, BrowserDevice, SealingAgent
from tests.browser.journeys import expect_outcome, press
from tests.gateways import Answer, OpenGateway, StandIn, gateway_to, stand_in
from tests.people import owned_agent, sign_in
from tests.servers import running


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="en-GB")
    context.set_default_timeout(10_000)
    yield context
    context.close()


def test_an_encrypted_case_from_end_to_end(context: BrowserContext, tmp_path) -> None:
    """Keys are made in the origin of this machine; the scripts that use them are those of the package."""
    with running(tmp_path) as server, gateway_to(server.url) as gateway:
        ana = sign_in(server, "Ana")
        agent = SealingAgent(server, owned_agent(server, ana))
        agent.register()
        here = replace(server, url=gateway.url)
        # Named as the gateway names it: the cookie of the server itself says nothing here.
        name, value = gateway.cookie("hitl_session", ana.token)
        context.add_cookies([{"name": name, "value": value, "url": gateway.url}])
        device = BrowserDevice.made(context, here, ana)
        page = device.page
        page.goto(f"{gateway.url}/devices")
        page.get_by_role("button", name="Make keys in this browser").click()
        expect(page.locator('[data-say="has"]')).to_be_visible()
        (row,) = ana.http.get("/api/v1/devices").json()["devices"]
        case_id = agent.ask([decode(row["box"])])
        page.goto(f"{gateway.url}/inbox")
        expect(page.locator(f"#row-{case_id} h3")).to_have_text(APPROVAL["prompt"])
        page.locator(f"#row-{case_id} h3 a").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(APPROVAL["prompt"])
        assert page.url.startswith(gateway.url)
        press(page, "Approve as shown")
        expect_outcome(page, "Answer sent")
        assert agent.answer(case_id).body["action"] == "approve"
        registered = page.evaluate("navigator.serviceWorker.ready.then(({ active }) => active.scriptURL)")
        assert registered == f"{gateway.url}/sw.js"
        assert (device.faults, gateway.missed) == ([], [])


EVIL = b"document.documentElement.dataset.ran = 'yes'; new Image().src = '/told';"
#: Every way to run something that a page of the server has; each would ask for /told, or mark the page.
PAGE = b"""<!doctype html><html><head>
<base href="/elsewhere/">
<link rel="stylesheet" href="/evil.css">
<style>body { --ran: yes }</style>
<script>document.documentElement.dataset.ran = "inline"</script>
<script src="/evil.js"></script>
<script type="module" src="/evil.js"></script>
<script src="/static/evil.js"></script>
<script src="/static/page.000000000000.js"></script>
<script src="/static/..%2fevil.js"></script>
<script src="/static/%2e%2e/evil.js"></script>
<script src="/sw.js?evil"></script>
<script src="/jump"></script>
<script src="data:text/javascript,document.documentElement.dataset.ran='data'"></script>
<script type="importmap">{"imports": {"./agent-text.js": "/evil.js"}}</script>
<link rel="modulepreload" href="/evil.js"><link rel="preload" as="script" href="/evil.js">
</head><body onload="document.documentElement.dataset.ran = 'handler'">
<img src="/told-by-image" onerror="document.documentElement.dataset.ran = 'error'">
<svg onload="document.documentElement.dataset.ran = 'svg'"><script>document.documentElement.dataset.ran = 'svg'</script></svg>
<iframe src="/frame"></iframe><iframe srcdoc="<script>parent.document.documentElement.dataset.ran = 'frame'</script>"></iframe>
<object data="/frame"></object><embed src="/frame">
<a id="link" href="javascript:document.documentElement.dataset.ran='link'">Press</a>
<form id="form" action="javascript:document.documentElement.dataset.ran='form'"><button>Send</button></form>
<form action="https://evil.example.com/" method="post"><button id="away">Away</button></form>
<p id="end">The end</p></body></html>"""  # noqa: E501
DRAWING = b"""<svg xmlns="http://www.w3.org/2000/svg">
<script>document.documentElement.dataset.ran = "yes"</script><text>Drawn</text></svg>"""
RAN = """[document.documentElement.dataset.ran ?? "",
  getComputedStyle(document.documentElement.lastElementChild).getPropertyValue("--ran")]"""
HTML, SCRIPT = "text/html; charset=utf-8", "text/javascript"
PRELOAD = ("Link", "</evil.js>; rel=preload; as=script")
LOOSE = ("Content-Security-Policy", "script-src * 'unsafe-inline' 'unsafe-eval' data:; default-src *")


@pytest.fixture
def hostile() -> Iterator[StandIn]:
    with stand_in() as found:
        found.answers = {
            "/inbox": Answer(PAGE, (("Content-Type", HTML), LOOSE, PRELOAD)),
            "/evil.js": Answer(EVIL, (("Content-Type", SCRIPT), LOOSE)),
            "/evil.css": Answer(b"body { --ran: yes }", (("Content-Type", "text/css"),)),
            "/static/evil.js": Answer(EVIL, (("Content-Type", SCRIPT),)),
            "/sw.js": Answer(EVIL, (("Content-Type", SCRIPT), ("Service-Worker-Allowed", "/"))),
            "/jump": Answer(b"", (("Location", "/evil.js"),), 302),
            "/frame": Answer(b"<script>parent.document.documentElement.dataset.ran = 'frame'</script>"),
            "/drawing": Answer(DRAWING, (("Content-Type", "image/svg+xml"), LOOSE)),
        }  # fmt: skip
        yield found


@pytest.fixture
def gateway(hostile: StandIn) -> Iterator[OpenGateway]:
    with gateway_to(hostile.url) as found:
        yield found


def test_nothing_of_a_hostile_server_runs(
    context: BrowserContext, hostile: StandIn, gateway: OpenGateway
) -> None:
    page = context.new_page()
    page.goto(f"{hostile.url}/inbox", wait_until="load")
    assert "yes" in page.evaluate(RAN), "the page is as hostile as it should be"
    hostile.asked.clear()
    page.goto(f"{gateway.url}/inbox", wait_until="load")
    expect(page.locator("#end")).to_be_visible()
    page.locator("#link").click()
    page.get_by_role("button", name="Send").click()
    with page.expect_console_message(lambda line: "form-action" in line.text):
        page.evaluate("document.getElementById('away').click()")
    assert page.evaluate(RAN) == ["", ""]
    assert page.url == f"{gateway.url}/inbox"
    page.goto(f"{gateway.url}/drawing", wait_until="load")
    assert page.evaluate(RAN) == ["", ""]
    # Nothing was even fetched that a page would have run, drawn or framed.
    assert hostile.paths() <= {"/inbox", "/drawing", "/favicon.ico"}


def test_a_page_of_the_server_brings_in_no_worker_of_its_own(
    context: BrowserContext, hostile: StandIn, gateway: OpenGateway
) -> None:
    """Whatever asks for it, what comes from the address of the worker is that of the package."""
    page = context.new_page()
    page.goto(f"{gateway.url}/inbox")
    told = page.evaluate("fetch('/sw.js').then((answer) => answer.text())")
    assert told.startswith("self.app = ")
    refused = page.evaluate(
        """navigator.serviceWorker.register(trustedTypes.createPolicy("hitl-sw", {
            createScriptURL: (given) => given,
        }).createScriptURL("/evil.js")).then(() => "registered", ({ name }) => name)"""
    )
    assert refused == "SecurityError"
    assert "/sw.js" not in hostile.paths()
