"""How somebody wants the pages to be."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from openhitl.protocol.case import Json
from openhitl.protocol.record import record


class Colours(StrEnum):
    """Light, dark, or as the device is."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class TextSize(StrEnum):
    """How large text is, beside what the browser is set to."""

    NORMAL = "normal"
    LARGE = "large"
    LARGEST = "largest"


@record(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What somebody has chosen.

    Args:
        language: one of those that pages are written in; empty for what the browser asks for.
        zone: IANA name of a time zone; empty for the device's own.
        shortcuts: whether single keys do something. WCAG 2.2 SC 2.1.4 wants that to be a choice.
    """

    language: str = ""
    zone: str = ""
    colours: Colours = Colours.AUTO
    text_size: TextSize = TextSize.NORMAL
    shortcuts: bool = False


#: What applies to whoever has chosen nothing.
USUAL = Preferences()


def read_preferences(kept: Json) -> Preferences:
    """Read what was kept; what a later version kept otherwise is as usual."""
    return Preferences(
        language=_text(kept.get("language")),
        zone=_text(kept.get("zone")),
        colours=_one_of(Colours, kept.get("colours"), USUAL.colours),
        text_size=_one_of(TextSize, kept.get("text_size"), USUAL.text_size),
        shortcuts=kept.get("shortcuts") is True,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _one_of(kind: Any, value: Any, usual: Any) -> Any:
    return kind(value) if value in list(kind) else usual
