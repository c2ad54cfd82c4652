"""What people have allowed programs: codes, grants, refresh tokens. What is good once, one UPDATE uses up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, insert, or_, select, update

from openhitl.protocol.case import Actor, ActorKind, Assurance
from openhitl.protocol.oauth_grants import Code, Grant, Standing
from openhitl.protocol.scopes import parse_scopes
from openhitl.store.audit import append_audit
from openhitl.store.identity_schema import (
    agent_owners,
    agents,
    oauth_clients,
    oauth_codes,
    oauth_grants,
    oauth_refresh_tokens,
    people,
)
from openhitl.store.instants import from_ms, to_ms
from openhitl.store.oauth_terms import (
    Refresh,
    begin_grant,
    end_grant,
    keep_refresh,
    terms_columns,
    terms_from,
)
from openhitl.store.part import Part
from openhitl.store.stale import delete_some

#: How long a refresh token that was used still gives the same successor, to the same program: processes of
#: one program may refresh at once, and an answer may get lost.
GRACE = timedelta(seconds=30)
#: How long a used code is known as one that was used.
KEPT = timedelta(days=1)
#: Who ends a grant when one of its codes or tokens turns up a second time.
WATCH = Actor(kind=ActorKind.RULE, id="rule:reuse", surface="api", name="reuse of a code or token")
_STANDING = (
    select(
        oauth_grants,
        agents.c.name.label("agent_name"),
        agents.c.assurance,
        people.c.name.label("person_name"),
    )
    .join(agents, agents.c.id == oauth_grants.c.agent_id)
    .join(people, people.c.id == oauth_grants.c.person_id)
    # Whoever owns the agent no more has nobody act as it.
    .join(
        agent_owners,
        and_(agent_owners.c.agent_id == agents.c.id, agent_owners.c.person_id == oauth_grants.c.person_id),
    )
    .where(
        oauth_grants.c.revoked_at.is_(None), agents.c.disabled_at.is_(None), people.c.disabled_at.is_(None)
    )
)


class OAuthGrants(Part):
    """Codes, grants and refresh tokens. Raises, in every method: StoreError."""

    def add_code(self, code_hash: bytes, code: Code, *, now: datetime, until: datetime) -> None:
        """Keep what somebody has just allowed, for the program to redeem."""
        values = {
            "hash": code_hash,
            "client_ref": code.client_ref,
            "person_id": code.person_id,
            "redirect_uri": code.redirect_uri,
            "challenge": code.challenge,
            **terms_columns(code.terms),
            "created_at": to_ms(now),
            "expires_at": to_ms(until),
        }
        with self._database.writing() as connection:
            connection.execute(insert(oauth_codes).values(values))

    def code(self, code_hash: bytes) -> Code | None:
        """Return a code, used or not."""
        with self._database.reading() as connection:
            row = connection.execute(select(oauth_codes).where(oauth_codes.c.hash == code_hash)).one_or_none()
        if row is None:
            return None
        return Code(
            client_ref=row.client_ref,
            person_id=row.person_id,
            redirect_uri=row.redirect_uri,
            challenge=row.challenge,
            terms=terms_from(row),
        )

    def redeem_code(
        self,
        code_hash: bytes,
        code: Code,
        agent_name: str,
        refresh: Refresh,
        *,
        now: datetime,
    ) -> Grant | None:
        """Use up a code and begin the grant; None if it is not good. RFC 6749 §4.1.2, RFC 9700 §2.1.1.

        A code that was used before ends the grant that came of it, if all else is right: whoever shows
        it again may have been first, or have been robbed.

        Args:
            code: as the program that shows it has to know it.
            refresh: the first refresh token.
        """
        is_it = (
            oauth_codes.c.hash == code_hash,
            oauth_codes.c.client_ref == code.client_ref,
            oauth_codes.c.redirect_uri == code.redirect_uri,
            oauth_codes.c.challenge == code.challenge,
        )
        used = (
            update(oauth_codes)
            .where(*is_it, oauth_codes.c.used_at.is_(None), oauth_codes.c.expires_at > to_ms(now))
            .values(used_at=to_ms(now))
            .returning(oauth_codes)
        )
        with self._database.writing() as connection:
            row = connection.execute(used).one_or_none()
            if row is None:
                of_it = select(oauth_codes.c.grant_id).where(*is_it, oauth_codes.c.used_at.is_not(None))
                end_grant(connection, connection.execute(of_it).scalar(), by=WATCH, now=now)
                return None
            begun = begin_grant(self._database, connection, row, agent_name, refresh, now=now)
            if begun is None:
                return None
            noted = update(oauth_codes).where(oauth_codes.c.hash == code_hash)
            connection.execute(noted.values(grant_id=begun.grant.grant_id))
            append_audit(connection, *begun.events)
            return begun.grant

    def refreshable(self, token_hash: bytes, client_ref: int) -> Grant | None:
        """Return the grant of a refresh token of this program, used or not."""
        query = _STANDING.join(
            oauth_refresh_tokens, oauth_refresh_tokens.c.grant_id == oauth_grants.c.id
        ).where(oauth_refresh_tokens.c.hash == token_hash, oauth_grants.c.client_ref == client_ref)
        return self._grant(query)

    def rotate(self, token_hash: bytes, client_ref: int, successor: Refresh, *, now: datetime) -> bool:
        """Use up a refresh token and keep its successor; return False if it is not good. RFC 9700 §4.14.2.

        For half a minute it may be used again. Used later it ends its grant: one of two has stolen it.
        """
        tokens = oauth_refresh_tokens
        of_client = select(oauth_grants.c.id).where(
            oauth_grants.c.client_ref == client_ref, oauth_grants.c.revoked_at.is_(None)
        )
        is_it = (tokens.c.hash == token_hash, tokens.c.grant_id.in_(of_client))
        used = (
            update(tokens)
            .where(
                *is_it,
                tokens.c.expires_at > to_ms(now),
                or_(tokens.c.used_at.is_(None), tokens.c.used_at > to_ms(now - GRACE)),
            )
            .values(used_at=func.coalesce(tokens.c.used_at, to_ms(now)))
            .returning(tokens.c.grant_id)
        )
        with self._database.writing() as connection:
            grant_id = connection.execute(used).scalar()
            if grant_id is None:
                stolen = select(tokens.c.grant_id).where(*is_it, tokens.c.used_at.is_not(None))
                end_grant(connection, connection.execute(stolen).scalar(), by=WATCH, now=now)
                return False
            # Whoever else uses the token at this moment waits for this transaction: its row is locked.
            known = select(tokens.c.hash).where(tokens.c.hash == successor.hash)
            if connection.execute(known).first() is None:
                keep_refresh(connection, grant_id, successor, now=now)
        return True

    def grant(self, grant_id: int) -> Grant | None:
        """Return a grant that stands: not revoked, its agent its person's, neither disabled."""
        return self._grant(_STANDING.where(oauth_grants.c.id == grant_id))

    def grants_of(self, person_id: int) -> Sequence[Standing]:
        """List what somebody has allowed and not taken back, latest first."""
        query = (
            _STANDING.join(oauth_clients, oauth_clients.c.id == oauth_grants.c.client_ref)
            .add_columns(oauth_clients.c.name.label("client_name"))
            .where(oauth_grants.c.person_id == person_id)
            .order_by(oauth_grants.c.id.desc())
        )
        with self._database.reading() as connection:
            return [
                Standing(grant=grant_from(row), client_name=row.client_name, since=from_ms(row.created_at))
                for row in connection.execute(query)
            ]

    def end_grant(self, grant_id: int, *, by: Actor, now: datetime, person_id: int | None = None) -> bool:
        """Revoke a grant with all its tokens; return whether it stood.

        Args:
            person_id: whose it has to be.
        """
        with self._database.writing() as connection:
            return end_grant(connection, grant_id, by=by, now=now, person_id=person_id)

    def forget_codes(self, now: datetime, limit: int) -> int:
        """Delete codes and refresh tokens that are too old; return how many."""
        codes, tokens = oauth_codes.c, oauth_refresh_tokens.c
        with self._database.writing() as connection:
            deleted = delete_some(connection, codes.hash, codes.expires_at <= to_ms(now - KEPT), limit=limit)
            return deleted + delete_some(
                connection, tokens.hash, tokens.expires_at <= to_ms(now), limit=limit
            )

    def _grant(self, query: Any) -> Grant | None:
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else grant_from(row)


def grant_from(row: Row[Any]) -> Grant:
    """Read a grant from its columns and the names of its agent and person."""
    return Grant(
        grant_id=row.id,
        client_ref=row.client_ref,
        person_id=row.person_id,
        person_name=row.person_name,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        scopes=parse_scopes(row.scopes),
        resource=row.resource,
        assurance=Assurance(row.assurance) if row.assurance else None,
    )
