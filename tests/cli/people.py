"""A human with a browser, as far as the command line can tell."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import httpx2


def review_urls(text: str) -> list[str]:
    """Find the review addresses in what a program printed."""
    return re.findall(r"https?://\S+/review/\S+\?token=\S+", text)


async def look(url: str) -> httpx2.Response:
    """Open a review page."""
    async with httpx2.AsyncClient(trust_env=False) as browser:
        return await browser.get(url)


async def answer(url: str, action: str, data: dict[str, Any] | None = None) -> httpx2.Response:
    """Answer the case whose page is at this address."""
    parts = urlsplit(url)
    case_id = parts.path.rsplit("/", 1)[-1]
    target = f"{parts.scheme}://{parts.netloc}/reviews/{case_id}/respond?{parts.query}"
    async with httpx2.AsyncClient(trust_env=False) as browser:
        return await browser.post(target, json={"action": action, "data": data or {}})
