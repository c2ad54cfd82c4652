"""Access tokens: what is signed, and every way in which one may be wrong. RFC 9068 §4, RFC 8725 §3."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from openhitl.errors import InvalidToken
from openhitl.identity.access_tokens import AccessTokens
from openhitl.keyring import Keyring
from openhitl.protocol.case import ActorKind
from openhitl.protocol.oauth_grants import Grant
from openhitl.protocol.scopes import ALL_SCOPES, Scope

BASE = "https://hitl.example.org"
KEYRING = Keyring(bytes(range(32)))
NOW = datetime(2026, 2, 20, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GRANT = Grant(
    grant_id=7,
    client_ref=1,
    person_id=2,
    person_name="Alice",
    agent_id=3,
    agent_name="deploy bot",
    scopes=ALL_SCOPES,
    resource=BASE,
)


class World:
    def __init__(self):
        self.now = NOW
        self.seconds = 0.0
        self.grants = {7: GRANT}
        self.looked = 0
        self.tokens = AccessTokens(
            KEYRING, BASE, self.find, clock=lambda: self.now, monotonic=lambda: self.seconds
        )
        self.good = self.tokens.issue(GRANT, "client_1", ALL_SCOPES, HOUR)

    async def find(self, grant_id):
        self.looked += 1
        return self.grants.get(grant_id)

    def signed(self, *, header=None, key=None, **changed):
        claims = {**json.loads(part(self.good, 1)), **changed}
        key = key or OctKey.import_key(KEYRING.access_token_key())
        header = {"alg": "HS256", "typ": "at+jwt", **(header or {})}
        return jwt.encode(header, claims, key, algorithms=["HS256", "HS512"])


def part(token, index):
    text = token.split(".")[index]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def spelt(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.fixture
def world():
    return World()


@pytest.mark.anyio
async def test_a_token_says_whose_it_is(world):
    asker = await world.tokens.verify(world.good)
    assert (asker.agent_id, asker.name, asker.kind, asker.scopes) == (
        3, "deploy bot", ActorKind.AGENT, ALL_SCOPES,
    )  # fmt: skip
    assert json.loads(part(world.good, 0)) == {"alg": "HS256", "typ": "at+jwt"}
    claims = json.loads(part(world.good, 1))
    assert {
        name: claims[name] for name in ("iss", "aud", "sub", "client_id", "agent_id", "scope", "grant")
    } == {
        "iss": BASE,
        "aud": BASE,
        "sub": "person:2",
        "client_id": "client_1",
        "agent_id": "3",
        "scope": "ask read",
        "grant": "7",
    }
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.anyio
async def test_a_token_has_no_more_scopes_than_its_grant(world):
    narrow = world.tokens.issue(GRANT, "client_1", frozenset({Scope.READ}), HOUR)
    assert (await world.tokens.verify(narrow)).scopes == {Scope.READ}


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"iss": BASE + "/"},
        {"aud": "https://evil.example"},
        {"aud": [BASE]},
        {"aud": None},
        {"exp": int(NOW.timestamp())},
        {"exp": "never"},
        {"exp": None},
        {"grant": "8"},
        {"agent_id": "4"},
    ],
)
@pytest.mark.anyio
async def test_a_token_for_somebody_or_something_else(world, changed):
    with pytest.raises(InvalidToken):
        await world.tokens.verify(world.signed(**changed))


@pytest.mark.anyio
async def test_a_token_of_another_form_or_key(world):
    """RFC 8725 §3.1, §3.11."""
    header, claims, signature = world.good.split(".")
    rsa = RSAKey.generate_key(2048)
    forged = [
        world.signed(key=OctKey.import_key(bytes(32))),
        world.signed(header={"alg": "HS512"}),
        world.signed(header={"typ": "JWT"}),
        jwt.encode({"alg": "RS256", "typ": "at+jwt", "jwk": rsa.as_dict()}, {}, rsa, algorithms=["RS256"]),
        f"{spelt({'alg': 'none', 'typ': 'at+jwt'})}.{claims}.",
        f"{header}.{spelt({**json.loads(part(world.good, 1)), 'agent_id': '4'})}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        "..",
        "",
        "ä.ö.ü",
        "x" * 5_000,
    ]
    for token in forged:
        with pytest.raises(InvalidToken):
            await world.tokens.verify(token)


@pytest.mark.anyio
async def test_a_token_is_trusted_for_two_seconds_and_never_beyond_its_end(world):
    await world.tokens.verify(world.good)
    world.grants.clear()
    world.seconds = 1.9
    assert (await world.tokens.verify(world.good)).agent_id == 3
    assert world.looked == 1
    world.seconds = 2.0
    assert world.tokens.remembered(world.good) is None
    with pytest.raises(InvalidToken):
        await world.tokens.verify(world.good)


@pytest.mark.anyio
async def test_a_token_that_was_remembered_ends_on_time(world):
    await world.tokens.verify(world.good)
    world.now = NOW + HOUR
    assert world.tokens.remembered(world.good) is None
    with pytest.raises(InvalidToken):
        await world.tokens.verify(world.good)
