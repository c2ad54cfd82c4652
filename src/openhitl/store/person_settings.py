"""How people want things to be."""

from __future__ import annotations

from sqlalchemy import Connection, select

from openhitl.protocol.case import Json
from openhitl.store.devices import lock_person
from openhitl.store.documents import VERSION, decode, encode
from openhitl.store.identity_schema import person_settings
from openhitl.store.part import Part


class PersonSettings(Part):
    """Settings of people, as JSON objects. Raises, in every method: StoreError."""

    def settings_of(self, person_id: int) -> Json:
        """Return what somebody has chosen."""
        with self._database.reading() as connection:
            return _kept(connection, person_id)

    def change_settings(self, person_id: int, changes: Json) -> None:
        """Keep what somebody has chosen, beside what they had chosen before."""
        with self._database.writing() as connection:
            # One after the other: each keeps what the one before it has changed.
            lock_person(connection, person_id)
            body = encode({**_kept(connection, person_id), **changes})
            values = {"person_id": person_id, "v": VERSION, "body": body}
            added = self._database.insert(person_settings).values(values)
            connection.execute(
                added.on_conflict_do_update(
                    index_elements=[person_settings.c.person_id], set_={"v": VERSION, "body": body}
                )
            )


def _kept(connection: Connection, person_id: int) -> Json:
    query = select(person_settings.c.body).where(person_settings.c.person_id == person_id)
    found = connection.execute(query).scalar_one_or_none()
    kept: Json = {} if found is None else decode(found)
    return kept
