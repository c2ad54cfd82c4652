"""The settings that servers were started with, as far as they changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from openhitl.protocol.audit import AuditEvent, AuditKind
from openhitl.protocol.case import Actor, Json
from openhitl.store.audit import append_audit, lock_log
from openhitl.store.documents import decode
from openhitl.store.part import Part
from openhitl.store.schema import log, log_payloads

_LAST: Select[Any] = (
    select(log_payloads.c.payload)
    .join(log, log.c.position == log_payloads.c.position)
    .where(log.c.case_ref.is_(None), log.c.kind == AuditKind.SETTINGS_CHANGED.value)
    .order_by(log.c.position.desc())
    .limit(1)
)


class SettingsRecord(Part):
    """What was set when. Raises, in every method: StoreError."""

    def record_settings(self, in_force: Json, *, by: Actor, now: datetime) -> bool:
        """Record the settings in force, secrets masked, if they differ from those recorded last.

        Servers that start at once record one change. Returns: whether they differ.
        """
        with self._database.writing() as connection:
            lock_log(connection)
            before = _recorded(connection)
            if before == in_force:
                return False
            names = sorted({*before, *in_force} if before else ())
            changed = {
                name: {"old": before.get(name), "new": in_force.get(name)}
                for name in names
                if before.get(name) != in_force.get(name)
            }
            data = {"changed": changed, "in_force": dict(in_force)}
            append_audit(connection, AuditEvent(kind=AuditKind.SETTINGS_CHANGED, at=now, actor=by, data=data))
            return True


def _recorded(connection: Connection) -> Json:
    payload = connection.execute(_LAST).scalar()
    return {} if payload is None else decode(payload)["data"]["in_force"]
