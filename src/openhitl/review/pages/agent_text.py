"""How text that an agent wrote is put on a page: escaped, isolated, nothing invisible.

Every value gets its own `<bdi>`, so that right-to-left letters in one value cannot turn round what
stands beside it, and characters that would be invisible are drawn as marked escapes.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from openhitl.protocol.visible import segments, visible

_ADDRESS = re.compile(r"https?://[^\s<>\"'⟦]+[^\s<>\"'⟦.,;:!?)\]}]")
_SAFE_ADDRESS = re.compile(r"https?://\S+\Z", re.ASCII)


def agent(value: object) -> Markup:
    """Draw one short agent value in its own direction."""
    return Markup("<bdi>{}</bdi>").format(drawn(str(value)))


def drawn(text: str) -> Markup:
    """Escape text for HTML and mark what was invisible in it."""
    if visible(text) == text:
        return escape(text)
    parts = [
        f'<span class="esc">{part}</span>' if is_escape else str(escape(part))  # escapes hold no markup
        for part, is_escape in segments(text)
    ]
    return Markup("".join(parts))  # noqa: S704 - escaped piece by piece


def paragraphs(text: str) -> Markup:
    """Draw longer agent text: blank lines part paragraphs, web addresses become links."""
    blocks = [block for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if block.strip()]
    return Markup("").join(
        Markup('<p class="prose" dir="auto">{}</p>').format(linked(block.strip("\n"))) for block in blocks
    )


def linked(text: str) -> Markup:
    """Draw agent text whose web addresses can be followed; the whole address stays readable."""
    parts: list[Markup] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        parts.append(drawn(text[end : match.start()]))
        parts.append(link(match.group()))
        end = match.end()
    parts.append(drawn(text[end:]))
    return Markup("").join(parts)


def link(address: str, label: str | None = None) -> Markup:
    """Draw a link out of the page, or only its text where the address is not plain http(s)."""
    text = drawn(label if label is not None else address)
    if not _SAFE_ADDRESS.match(address) or visible(address) != address:
        return Markup("<bdi>{}</bdi>").format(text)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow"><bdi>{}</bdi></a>').format(
        address, text
    )
