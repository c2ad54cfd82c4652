"""People of a server under test: accounts, the browser or terminal where they are signed in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.people import Method, Person, Role, SessionKind
from openhitl.protocol.tokens import Purpose, hash_token, token_from_bytes
from openhitl.server.opening import open_store
from openhitl.store.people import NewPerson
from openhitl.store.sessions import NewSession
from tests.servers import RunningServer

PURPOSES = {SessionKind.BROWSER: Purpose.SESSION, SessionKind.TERMINAL: Purpose.PERSON}


@dataclass(frozen=True)
class SignedInClient:
    """A person, the token of a session of theirs, and a client that carries it as a browser does."""

    person: Person
    token: str
    csrf: str
    http: httpx2.Client

    def post(self, url: str, **given: Any) -> httpx2.Response:
        """Post as one of our own pages does."""
        headers = {"origin": str(self.http.base_url).rstrip("/"), "x-csrf-token": self.csrf}
        return self.http.post(url, headers=headers, **given)


def sign_in(
    server: RunningServer,
    name: str = "Ana",
    role: Role = Role.OWNER,
    *,
    kind: SessionKind = SessionKind.BROWSER,
) -> SignedInClient:
    """Sign somebody in, whose account is made if need be."""
    token, now = token_from_bytes(PURPOSES[kind], os.urandom(32)), datetime.now(UTC)
    session = NewSession(
        kind=kind,
        hash=hash_token(token),
        method=Method.PASSKEY,
        device="test",
        expires_at=now + timedelta(days=1),
    )
    store, keyring = open_store(server.settings)
    try:
        person = store.person_named(name)
        person = person or store.add_person(NewPerson(name=name, role=role), by=OPERATOR, now=now)
        assert store.add_session(person.person_id, session, now=now) is not None
    finally:
        store.close()
    headers = {"authorization": f"Bearer {token}"} if kind is SessionKind.TERMINAL else {}
    cookies = {"hitl_session": token} if kind is SessionKind.BROWSER else {}
    client = server.closing.enter_context(
        httpx2.Client(base_url=server.url, headers=headers, cookies=cookies, timeout=20, trust_env=False)
    )
    return SignedInClient(person, token, keyring.form_token(hash_token(token)), client)


def owned_agent(server: RunningServer, *owners: SignedInClient, name: str = "agent-under-test") -> int:
    """Let an agent belong to these people; return its number."""
    store, _ = open_store(server.settings)
    try:
        agent = store.agent_named(name)
        ids = [one.person.person_id for one in owners]
        store.set_owners(agent.agent_id, ids, by=OPERATOR, now=datetime.now(UTC))
        return agent.agent_id
    finally:
        store.close()
