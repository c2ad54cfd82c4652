"""Draw every page as a phone shows it: docs/images/pages/ and docs/pages.md. `python -m scripts.album`."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import sync_playwright
from tests.browser.account_pages import ACCOUNTS
from tests.browser.gallery import OTHERS, TYPES
from tests.browser.stage import staged

DOCS = Path(__file__).parents[1] / "docs"
PICTURES = DOCS / "images" / "pages"
#: Pages that a running server draws: `python -m scripts.inbox_screenshots` takes these.
INBOX = ("inbox", "inbox-history", "inbox-notices", "inbox-agents", "inbox-settings")
IN_A_ROW = 4
QUALITY = 60
_HEAD = """\
# Every page

As a phone shows them, 390 points wide: questions in the light, the inbox and accounts in the dark.
`python -m scripts.album` and `python -m scripts.inbox_screenshots` draw them anew.
"""


def main() -> None:
    """Draw all pages, then the document that shows them."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    questions, accounts = {**TYPES, **OTHERS}, ACCOUNTS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for theme, pages in (("light", questions), ("dark", accounts)):
            with staged(browser, size="phone", theme=theme) as stage:
                for name, page in pages.items():
                    stage.show(page).screenshot(path=picture(name), type="jpeg", quality=QUALITY)
        browser.close()
    parts = [
        _HEAD,
        *section("The inbox", INBOX),
        *section("Questions, open and answered", questions),
        *section("Accounts, agents, devices and programs", accounts),
    ]
    (DOCS / "pages.md").write_text("\n".join(parts), encoding="utf-8")


def picture(name: str) -> Path:
    """Return where the picture of a page lies."""
    return PICTURES / f"{name}.jpg"


def section(title: str, names: Iterable[str]) -> list[str]:
    """Write a heading and a table of pictures."""
    cells = [f"{image(name)}<br>{said(name)}" for name in names]
    rows = [cells[start : start + IN_A_ROW] for start in range(0, len(cells), IN_A_ROW)]
    blank = [""] * IN_A_ROW
    lines = ["| " + " | ".join([*row, *blank][:IN_A_ROW]) + " |" for row in rows]
    return [f"## {title}\n", "|" + " |" * IN_A_ROW, "|" + " --- |" * IN_A_ROW, *lines, ""]


def image(name: str) -> str:
    """Write the element of a page's picture."""
    return f'<img src="images/pages/{name}.jpg" width="180" alt="{said(name)}">'


def said(name: str) -> str:
    """Say a page's name in words."""
    return name.replace("-", " ").capitalize()


if __name__ == "__main__":
    main()
