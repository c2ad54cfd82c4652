"""A case that has ended as one row of a history: how, by whom, where, and what was on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openhitl.cases import StoredCase
from openhitl.protocol.case import Assurance
from openhitl.protocol.record import record
from openhitl.protocol.timestamps import timestamp
from openhitl.review.inbox.rows import Reader, Row, row_of
from openhitl.review.pages.places import where_name
from openhitl.words import N_, Words

_HOW: Mapping[Assurance, str] = {
    Assurance.LINK: N_("with its link"),
    Assurance.SIGNED_IN: N_("signed in"),
    Assurance.PASSKEY: N_("with a passkey"),
}


@record(frozen=True, slots=True, kw_only=True)
class Past:
    """A row that is over. `where` and `how` are empty where nobody answered.

    `digest` is the SHA-256 of what was shown, base64url.
    """

    row: Row
    where: str
    how: str
    digest: str


def past_of(stored: StoredCase, reader: Reader) -> Past:
    """Draw one row of a history."""
    actor = stored.place.actor if stored.place else None
    return Past(
        row=row_of(stored, reader),
        where=where_name(actor.surface, reader.words) if actor else "",
        how=how_name(actor.assurance, reader.words) if actor else "",
        digest=stored.content.shown_digest,
    )


def how_name(assurance: Assurance, words: Words) -> str:
    """Say how somebody showed who they are."""
    return words.gettext(_HOW[assurance])


def told_of(stored: StoredCase) -> dict[str, Any]:
    """Spell a case that has ended for whoever takes a history away, without sensitive values."""
    case, content, answer = stored.case, stored.content, stored.answer
    actor = stored.place.actor if stored.place else None
    return {
        "case_id": case.case_id,
        "type": content.type,
        "agent": content.agent,
        "prompt": content.prompt,
        "status": str(case.status),
        "action": answer.action if answer else None,
        "data": answer.public_data if answer else None,
        "created_at": timestamp(case.created_at),
        "finished_at": timestamp(case.finished_at) if case.finished_at else None,
        "ended_by": case.ended_by,
        "name": actor.name if actor else None,
        "surface": actor.surface if actor else None,
        "assurance": str(actor.assurance) if actor else None,
        "shown_digest": content.shown_digest,
    }
