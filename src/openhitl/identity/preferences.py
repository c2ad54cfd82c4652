"""How people want the pages to be: kept, once it is something that there is."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from openhitl.protocol.case import Json
from openhitl.protocol.people import SignedIn
from openhitl.protocol.preferences import Preferences
from openhitl.protocol.problems import invalid
from openhitl.store import Store
from openhitl.store.runner import Runner


class PreferenceDesk:
    """Keeps what people choose.

    Args:
        run: runs what asks the store beside the event loop.
    """

    def __init__(self, store: Store, *, run: Runner) -> None:
        self._store = store
        self._run = run

    async def keep(self, signed_in: SignedIn, chosen: Preferences) -> None:
        """Keep what somebody has chosen. Raises: InvalidRequest for a time zone that there is not."""
        if chosen.zone and chosen.zone not in time_zones():
            invalid("zone", "is not the name of a time zone")
        kept: Json = {
            "language": chosen.language,
            "zone": chosen.zone,
            "colours": str(chosen.colours),
            "text_size": str(chosen.text_size),
            "shortcuts": chosen.shortcuts,
        }
        await self._run(self._store.change_settings, signed_in.person.person_id, kept)


@cache
def time_zones() -> tuple[str, ...]:
    """Name the time zones that places are in, such as Europe/Berlin, sorted."""
    places = (name for name in available_timezones() if "/" in name)
    return (
        "UTC",
        *sorted(name for name in places if not name.startswith(("Etc/", "SystemV/", "posix/", "right/"))),
    )
