"""Device lists: what each person's devices have signed, statement by statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor
from openhitl.protocol.sealed.device_list import DeviceList, Link
from openhitl.store.audit import append_audit
from openhitl.store.devices import lock_person
from openhitl.store.identity_schema import device_lists, devices
from openhitl.store.instants import to_ms
from openhitl.store.part import Part


class DeviceLists(Part):
    """Device lists. Raises, in every method: StoreError."""

    def device_list(self, person_id: int) -> Sequence[Link]:
        """Return the chain of somebody's statements from the first on; nothing if they have none."""
        with self._database.reading() as connection:
            return _chain(connection, person_id)

    def add_to_device_list(
        self,
        person_id: int,
        link: Link,
        signed: DeviceList,
        *,
        after: Sequence[Link],
        by: Actor,
        now: datetime,
    ) -> bool:
        """Keep a statement that follows on a chain; return False if that is not, or no more, the chain.

        All devices that it names have to be theirs, and not revoked. Number 1 takes the place of a chain none
        of whose devices is left.

        Args:
            signed: what the statement says; verified.
            after: the chain that it was verified against.
        """
        with self._database.writing() as connection:
            lock_person(connection, person_id)
            known = _chain(connection, person_id)
            if list(after) != known or not _are_theirs(connection, person_id, signed):
                return False
            if signed.number == 1:
                connection.execute(delete(device_lists).where(device_lists.c.person_id == person_id))
            values = {
                "person_id": person_id,
                "number": signed.number,
                "statement": link.statement,
                "signature": link.signature,
                "created_at": to_ms(now),
            }
            connection.execute(insert(device_lists).values(values))
            data = {
                "person": person_id,
                "number": signed.number,
                "digest": signed.digest,
                "identity": signed.identity,
                "devices": len(signed.devices),
            }
            append_audit(
                connection, AuditEvent(kind=AuditKind.DEVICE_LIST_SIGNED, at=now, actor=by, data=data)
            )
        return True


def _chain(connection: Connection, person_id: int) -> list[Link]:
    columns = device_lists.c
    query = select(columns.statement, columns.signature).where(columns.person_id == person_id)
    return [Link(*row) for row in connection.execute(query.order_by(columns.number))]


def _are_theirs(connection: Connection, person_id: int, signed: DeviceList) -> bool:
    query = select(devices.c.box_key, devices.c.sign_key, devices.c.kind).where(
        devices.c.person_id == person_id, devices.c.revoked_at.is_(None)
    )
    theirs = {tuple(row) for row in connection.execute(query)}
    return all((one.box, one.sign, one.kind) in theirs for one in signed.devices)
