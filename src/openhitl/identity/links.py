"""Links that are good once: to join as an owner or a member, and to sign in."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from openhitl.identity.signing_in import LINK_PURPOSES
from openhitl.protocol.case import Actor
from openhitl.protocol.people import LinkKind, Person, Role
from openhitl.protocol.tokens import hash_token, token_from_bytes
from openhitl.store import Store

PATHS = {LinkKind.JOIN: "/join", LinkKind.SIGN_IN: "/sign-in/link"}
LIVES = {LinkKind.JOIN: timedelta(days=3), LinkKind.SIGN_IN: timedelta(minutes=15)}
#: Who starts a server for the first time sits before it.
FIRST_OWNER_LIFE = timedelta(hours=1)


def join_link(
    store: Store,
    public_url: str,
    role: Role,
    *,
    by: Actor,
    now: datetime,
    life: timedelta = LIVES[LinkKind.JOIN],
    created_by: int | None = None,
) -> str:
    """Make the address where somebody makes an account of this role, once. Raises: StoreError."""
    token = token_from_bytes(LINK_PURPOSES[LinkKind.JOIN], os.urandom(32))
    store.add_link(
        hash_token(token), LinkKind.JOIN, by=by, now=now, until=now + life, role=role, created_by=created_by
    )
    return f"{public_url}{PATHS[LinkKind.JOIN]}?token={token}"


def first_owner_link(store: Store, public_url: str, *, by: Actor, now: datetime) -> str | None:
    """Make the address where the first account, an owner's, is made; None if somebody has one.

    Raises: StoreError.
    """
    token = token_from_bytes(LINK_PURPOSES[LinkKind.JOIN], os.urandom(32))
    is_made = store.add_first_link(hash_token(token), by=by, now=now, until=now + FIRST_OWNER_LIFE)
    return f"{public_url}{PATHS[LinkKind.JOIN]}?token={token}" if is_made else None


def sign_in_link(
    store: Store,
    public_url: str,
    person: Person,
    *,
    by: Actor,
    now: datetime,
    created_by: int | None = None,
) -> str:
    """Make the address where somebody is signed in, once, within a quarter of an hour. Raises: StoreError."""
    token = token_from_bytes(LINK_PURPOSES[LinkKind.SIGN_IN], os.urandom(32))
    store.add_link(
        hash_token(token),
        LinkKind.SIGN_IN,
        by=by,
        now=now,
        until=now + LIVES[LinkKind.SIGN_IN],
        person_id=person.person_id,
        created_by=created_by,
    )
    return f"{public_url}{PATHS[LinkKind.SIGN_IN]}?token={token}"
