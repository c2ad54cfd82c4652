"""Where something was answered, in words."""

from __future__ import annotations

from collections.abc import Mapping

from openhitl.words import N_, Words

PAGE = "page"
#: By the surface that the log records of whoever answered.
PLACES: Mapping[str, str] = {
    "inbox": N_("in the inbox"),
    PAGE: N_("on its page"),
    "notification": N_("in a notification"),
    "terminal": N_("in a terminal"),
    "inline": N_("in a chat"),
}


def where_name(surface: str, words: Words) -> str:
    """Say where something was answered."""
    return words.gettext(PLACES[surface]) if surface in PLACES else surface
