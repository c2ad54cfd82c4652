"""How pages are to be: language, time zone, colours, size of text, shortcuts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babel import Locale

from openhitl.identity.preferences import time_zones
from openhitl.protocol.people import SignedIn
from openhitl.protocol.preferences import Colours, Preferences, TextSize
from openhitl.protocol.problems import invalid
from openhitl.review.accounts.desks import done
from openhitl.review.accounts.entering import accounts_of
from openhitl.review.door import Door
from openhitl.review.http import Request, Response
from openhitl.review.inbox.sections.section import Section
from openhitl.words import LANGUAGES


async def _values(door: Door, request: Request, signed_in: SignedIn) -> Mapping[str, Any]:
    return {
        "languages": [(code, Locale.parse(code).get_display_name(code)) for code in LANGUAGES],
        "zones": [(name, name.replace("_", " ")) for name in time_zones()],
    }


PAGES = Section(name="pages", template="inbox/sections/pages.html", values=_values)


async def keep(door: Door, request: Request, signed_in: SignedIn) -> Response:
    """Keep how somebody wants pages to be. Raises: InvalidRequest."""
    given = dict(request.form()) if request.is_form else {}
    language = given.get("language", "")
    if language and language not in LANGUAGES:
        invalid("language", f"must be one of {', '.join(LANGUAGES)}")
    chosen = Preferences(
        language=language,
        zone=given.get("zone", ""),
        colours=_one_of(Colours, given, "colours"),
        text_size=_one_of(TextSize, given, "text_size"),
        shortcuts=given.get("shortcuts") == "1",
    )
    await accounts_of(door).preferences.keep(signed_in, chosen)
    return done(door, "/inbox/settings", "settings-kept")


def _one_of(kind: Any, given: Mapping[str, str], name: str) -> Any:
    values = [str(one) for one in kind]
    if given.get(name) not in values:
        invalid(name, f"must be one of {', '.join(values)}")
    return kind(given[name])
