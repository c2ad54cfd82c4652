"""Secrets that the next page shows, and what cannot be shown there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from openhitl.protocol.people import Method, Person, Role, Session, SessionKind, SignedIn
from openhitl.review.accounts.shown_once import show_once
from openhitl.server.app import Server
from openhitl.settings import Settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.anyio
async def test_a_secret_that_nobody_would_see_is_a_fault_and_no_empty_page(tmp_path: Path) -> None:
    session = Session(
        session_id=1,
        person_id=1,
        kind=SessionKind.BROWSER,
        method=Method.LINK,
        device="",
        created_at=NOW,
        seen_at=NOW,
        expires_at=NOW,
    )
    signed_in = SignedIn(Person(person_id=1, name="Ana", role=Role.OWNER, created_at=NOW), session)
    server = Server(Settings(data_dir=tmp_path, port=0))
    await server.start()
    door = server._mcp._made_of[0]
    assert show_once(door, signed_in, path="/agents/1/keys", secret="hitla_1").status == 303
    with pytest.raises(ValueError, match="does not fit"):
        show_once(door, signed_in, path="/agents/1/keys", secret="x" * 4_000)
    await server.stop()
