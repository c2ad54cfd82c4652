"""How somebody wants the pages to be, as it is kept."""

from __future__ import annotations

from openhitl.protocol.preferences import USUAL, Colours, Preferences, TextSize, read_preferences


def test_what_was_chosen_is_read_back() -> None:
    kept = {
        "language": "de",
        "zone": "Europe/Berlin",
        "colours": "dark",
        "text_size": "large",
        "shortcuts": True,
    }
    assert read_preferences(kept) == Preferences(
        language="de",
        zone="Europe/Berlin",
        colours=Colours.DARK,
        text_size=TextSize.LARGE,
        shortcuts=True,
    )


def test_what_is_not_known_is_as_usual() -> None:
    assert read_preferences({}) == USUAL
    odd = {"language": 1, "zone": None, "colours": "pink", "text_size": [], "shortcuts": "yes", "more": 1}
    assert read_preferences(odd) == USUAL
