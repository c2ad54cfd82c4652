"""A browser where somebody is signed in, and what its notifications show."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Error, Page

from tests.browser.offline import ACTIVE
from tests.people import SignedInClient
from tests.servers import RunningServer

#: RFC 8291 appendix A.
KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
PATIENCE_MS = 20_000
CONTACT = "mailto:ops@example.org"
LOW = {"risk": {"level": "low", "reasons": []}}
QUESTION = {"type": "approval", "prompt": "Order tea?", "context": LOW}
FLUSHED = """async () => {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const told = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data.items); });
  active.postMessage({ flush: true }, [port2]);
  return told;
}"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  const found = await registration.getNotifications();
  const names = (actions) => actions.map((one) => one.action);
  return found.map(({title, body, tag, actions}) => ({title, body, tag, actions: names(actions)}));
}"""


def until(read: str, is_enough: str, patience_ms: int = PATIENCE_MS) -> str:
    """Spell a function that reads again and again until that is enough; gives up where pages would."""
    return f"""async (titles) => {{
      const end = performance.now() + {patience_ms};
      for (;;) {{
        const found = await ({read})();
        if (({is_enough})(found)) return found;
        if (performance.now() > end) throw new Error("never: " + JSON.stringify(found));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }}
    }}"""


class Phone:
    """A browser where somebody is signed in, with its service worker."""

    def __init__(self, context: BrowserContext, server: RunningServer, person: SignedInClient) -> None:
        self.context = context
        self.server = server
        self.person = person
        self.faults: list[str] = []
        self.page = self.open()
        self.cdp: CDPSession = context.new_cdp_session(self.page)
        self.registration = ""
        self.cdp.on("ServiceWorker.workerRegistrationUpdated", self._registered)

    def open(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if "Content Sec" in line.text else None)
        return page

    def _registered(self, event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if one["scopeURL"] == f"{self.server.url}/" and not one["isDeleted"]:
                self.registration = one["registrationId"]

    def visit(self, path: str) -> Page:
        self.page.goto(f"{self.server.url}{path}")
        return self.page

    def install(self) -> None:
        """Open the inbox and wait until the service worker has taken over."""
        self.visit("/inbox")
        self.page.evaluate(ACTIVE)

    def push(self, message: dict[str, Any] | str, *titles: str) -> list[dict[str, Any]]:
        """Have the browser's push service deliver a message; return what is shown when these titles are."""
        self.cdp.send("ServiceWorker.enable")
        while not self.registration:
            self.page.wait_for_timeout(10)
        data = message if isinstance(message, str) else json.dumps(message)
        given = {"origin": self.server.url, "registrationId": self.registration, "data": data}
        found = "(all) => String([...new Set(all.map((one) => one.title))].sort()) === titles"
        # A message to a worker that the browser has not yet written down is lost, and nobody says so.
        for patience_ms in (2_000, 4_000, PATIENCE_MS):
            self.cdp.send("ServiceWorker.deliverPushMessage", given)
            with suppress(Error):
                return self.page.evaluate(until(SHOWN, found, patience_ms), ",".join(sorted(titles)))
        raise AssertionError(f"never shown: {titles}")

    def press(self, tag: str, action: str = "") -> str:
        """Press a button of a notification, or itself; return the address that is opened.

        Nobody but a person can really do that: the worker's own function runs, and only what it would open
        is written down instead.
        """
        worker = self.context.service_workers[0]
        return worker.evaluate(
            """async ([tag, action]) => {
              let opened = "";
              self.clients.openWindow = async (url) => { opened = url; };
              const [notification] = await self.registration.getNotifications({ tag });
              await press({ notification, action });
              return opened;
            }""",
            [tag, action],
        )
