"""Waits written down, so that a program that is restarted goes on with them.

One file for each, readable by its owner alone, replaced as a whole and deleted when the case is over.
It holds what polling needs. It holds no credential unless asked to, and the review URL only while the
case is open.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from openhitl.agent.questions import OpenCase
from openhitl.client.credentials import Credential
from openhitl.client.private_files import make_private, read_private, replace_private
from openhitl.errors import SetupError
from openhitl.protocol.incoming_forms import sensitive_keys
from openhitl.protocol.timestamps import parse_timestamp, timestamp

VERSION = 1
#: No wait lasts longer beyond its deadline; what is older belongs to nobody who still runs.
PATIENCE_AFTER_DEADLINE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedWait:
    """A wait as it is written down. `announced`: the human was told. `told`: reminders that are done.

    Of the case it holds neither message nor context, but which values are sensitive.
    """

    case: OpenCase
    credential: Credential
    with_credential: bool = False
    announced: bool = False
    last_event_id: str = ""
    told: frozenset[datetime] = frozenset()

    def write(self, path: Path, *, now: datetime) -> None:
        """Write the file. Raises: SetupError if its folder is open to others; OSError."""
        make_private(path.parent)
        replace_private(path, json.dumps(self._spelled(now)).encode())

    def _spelled(self, now: datetime) -> dict[str, Any]:
        case = self.case
        is_open = case.expires_at is None or now < case.expires_at
        spelled: dict[str, Any] = {
            "v": VERSION,
            "case_id": case.case_id,
            "type": case.type,
            "prompt": case.prompt,
            "review_url": case.review_url if is_open else None,
            "poll_url": case.poll_url,
            "events_url": case.events_url,
            "expires_at": timestamp(case.expires_at) if case.expires_at else None,
            "default_action": case.default_action,
            "reminder_at": [timestamp(instant) for instant in case.reminder_at],
            "sensitive": sorted(sensitive_keys(case.context)),
            "called": self.credential.url,
            "announced": self.announced,
            "last_event_id": self.last_event_id,
            "told": [timestamp(instant) for instant in sorted(self.told)],
        }
        if self.with_credential:
            spelled["headers"] = dict(self.credential.headers)
        return spelled


def read_wait(path: Path) -> SavedWait:
    """Read a file. Raises: SetupError if there is none, it is not ours alone, or it makes no sense."""
    try:
        given = json.loads(read_private(path))
        return _read(given)
    except FileNotFoundError as error:
        raise SetupError(f"No wait is saved at {path}; its case may be over.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(f"This is not a saved wait: {path}.") from error


def default_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where waits of this user are kept: the XDG state folder."""
    base = environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "openhitl" / "waiting"


def saved_waits(folder: Path | None = None) -> list[Path]:
    """List the waits that were saved and are not over, oldest first."""
    found = [(_written_at(path), path) for path in (folder or default_folder()).glob("*.json")]
    return [path for written_at, path in sorted(found) if written_at]


def path_of(case: OpenCase, folder: Path) -> Path:
    """Return where a case's wait is kept. A case id may hold anything, so a digest names the file."""
    digest = hashlib.sha256(f"{case.poll_url}\n{case.case_id}".encode()).hexdigest()
    return folder / f"{digest[:32]}.json"


def forget(path: Path) -> None:
    """Delete a wait whose case is over, and what programs left of it that were killed while they wrote."""
    path.unlink(missing_ok=True)
    for draft in path.parent.glob(f".{path.name}.*"):
        draft.unlink(missing_ok=True)


def forget_review_urls(folder: Path, *, now: datetime) -> None:
    """Drop the review URLs of waits whose case must be over and that nobody went on with.

    And whatever a program left that was killed while it wrote.
    """
    for path, wait in _abandoned(folder, now):
        with suppress(OSError):
            replace(wait, case=replace(wait.case, review_url=None)).write(path, now=now)
    for draft in folder.glob(".*.json.*"):
        if 0 < _written_at(draft) < (now - PATIENCE_AFTER_DEADLINE).timestamp():
            draft.unlink(missing_ok=True)


def _abandoned(folder: Path, now: datetime) -> Iterator[tuple[Path, SavedWait]]:
    for path in folder.glob("*.json"):
        try:
            wait = read_wait(path)
        except SetupError:
            continue
        expires_at = wait.case.expires_at
        if wait.case.review_url and expires_at and now - PATIENCE_AFTER_DEADLINE > expires_at:
            yield path, wait


def _written_at(path: Path) -> float:
    """Return the Unix time of the last change; 0 if the file is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _read(given: Mapping[str, Any]) -> SavedWait:
    if given["v"] != VERSION:
        raise ValueError("written by another version")
    fields = [{"key": key, "sensitive": True} for key in given["sensitive"]]
    case = OpenCase(
        case_id=given["case_id"],
        type=given["type"],
        prompt=given["prompt"],
        review_url=given["review_url"],
        poll_url=given["poll_url"],
        events_url=given["events_url"],
        expires_at=parse_timestamp(given["expires_at"]) if given["expires_at"] else None,
        default_action=given["default_action"],
        reminder_at=_instants(given["reminder_at"]),
        context={"form": {"fields": fields}} if fields else {},
    )
    return SavedWait(
        case=case,
        credential=Credential(given["called"], given.get("headers", {})),
        with_credential="headers" in given,
        announced=given["announced"],
        last_event_id=given["last_event_id"],
        told=frozenset(_instants(given["told"])),
    )


def _instants(given: list[str]) -> tuple[datetime, ...]:
    return tuple(parse_timestamp(text) for text in given)
