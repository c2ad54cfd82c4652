"""How people want things to be: one document for each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from openhitl.protocol.case import Json
from openhitl.store.documents import VERSION, decode, encode
from openhitl.store.identity_schema import person_settings
from openhitl.store.part import Part


class PersonSettings(Part):
    """What people have chosen. Raises, in every method: StoreError."""

    def settings_of(self, person_id: int) -> dict[str, Any]:
        """Read what somebody has chosen, by name; what they have not is not in it."""
        query = select(person_settings.c.body).where(person_settings.c.person_id == person_id)
        with self._database.reading() as connection:
            body = connection.execute(query).scalar()
        return {} if body is None else dict(decode(body))

    def choose(self, person_id: int, chosen: Json) -> None:
        """Keep what somebody has chosen; what is not named stays as it is."""
        table = person_settings
        query = select(table.c.body).where(table.c.person_id == person_id).with_for_update()
        with self._database.writing() as connection:
            body = connection.execute(query).scalar()
            values = {"v": VERSION, "body": encode({**({} if body is None else decode(body)), **chosen})}
            kept = self._database.insert(table).values(person_id=person_id, **values)
            connection.execute(kept.on_conflict_do_update(index_elements=[table.c.person_id], set_=values))
