"""A person with two devices, and an agent that knows both."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.encrypting import BrowserDevice, SealingAgent

SAYS = "[data-says]"


@dataclass
class House:
    agent: SealingAgent
    person: str
    phone: BrowserDevice
    laptop: BrowserDevice

    @property
    def devices(self) -> list[bytes]:
        return [self.phone.public, self.laptop.public]


def controls(page: Page) -> int:
    """Count the buttons that can be seen and would answer."""
    return page.locator("[data-answer] button:visible").count()
