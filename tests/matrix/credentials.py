"""Every kind of credential there is: good ones, somebody else's, and those that are good no more."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey

from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.case import ActorKind
from openhitl.protocol.devices import DeviceKeys, NewDevice
from openhitl.protocol.oauth import DEVICE_GRANT
from openhitl.protocol.passkeys import NewPasskey
from openhitl.protocol.people import Method, Person, Role, SessionKind, SignedIn
from openhitl.protocol.scopes import ALL_SCOPES, Scope
from openhitl.protocol.tokens import Purpose, checked_hash, hash_token, token_from_bytes
from openhitl.server.local import new_key
from openhitl.server.opening import open_store
from openhitl.server.passkey_admin import passkey_link
from openhitl.store.pairings import NewClaim
from openhitl.store.people import NewPerson
from openhitl.store.sessions import NewSession
from tests.accounts.visitors import Visitors, invitation, way_in
from tests.evidence.policies import policy
from tests.oauth.world import OAUTH, Program
from tests.oauth.world import Person as Visitor
from tests.people import PURPOSES
from tests.protocol.sealed.households import device
from tests.servers import RunningServer, token_of

DAY = timedelta(days=1)
CONFIRMATION: dict[str, Any] = {
    "type": "confirmation",
    "prompt": "Delete the staging database?",
    "context": {"items": [{"id": "db1", "title": "staging-eu"}]},
}
#: A case that takes evidence on every path, and needs none.
QUESTION = {**CONFIRMATION, "verification_policy": policy(mode="optional")}
NOTHING = "review_0000000000000000000000000z"


@dataclass(frozen=True)
class Held:
    """What a credential lets its holder do; with nothing but a kind, it lets them do nothing.

    Args:
        kind: agent, service, browser, terminal, review, submit, passkey, join, sign-in, client; or what it is
            instead.
        agent: whose cases a key or access token reaches.
        person: who is signed in with it.
    """

    secret: str
    kind: str = ""
    agent: str = ""
    scopes: frozenset[Scope] = frozenset()
    person: str = ""


class World:
    """A server with people, agents and programs. Ana owns the server and the agent, Bo is a member."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.store, self.keyring = open_store(server.settings)
        self.visitors = Visitors(server)
        self.people = {"Ana": self._person("Ana", Role.OWNER), "Bo": self._person("Bo", Role.MEMBER)}
        self.agent = self.store.agent_named("agent-under-test")
        self.store.set_owners(self.agent.agent_id, [self.people["Ana"].person_id], **self.by)
        link = hash_token(token_of(passkey_link(server.settings, "Ana")))
        passkey = NewPasskey(rp_id="localhost", credential_id=b"id", public_key=b"key", sign_count=0)
        assert self.store.add_passkey(link, passkey, now=datetime.now(UTC))
        self.passkey_id = self.store.list_passkeys()[0].passkey_id
        self.device_id, self.pairing_id = self._devices()
        self.program = Program.registered(
            server,
            grant_types=["authorization_code", "refresh_token", DEVICE_GRANT],
            token_endpoint_auth_method="client_secret_basic",
        )
        self._browser = Visitor(self.visitors, "Cleo")
        self.lasting: dict[str, Held] = {
            **self._keys(),
            **self._bad_keys(),
            **self._access_tokens(),
            **self._leftovers(),
            **self._bad_sessions(),
        }

    @property
    def by(self) -> dict[str, Any]:
        return {"by": OPERATOR, "now": datetime.now(UTC)}

    def close(self) -> None:
        self.visitors.close()
        self.store.close()

    def told(self, who: SignedIn) -> int:
        """Have somebody told in their browser; return its number."""
        return self.store.keep_subscription(
            who.person.person_id,
            who.session.session_id,
            endpoint="https://fcm.googleapis.com/fcm/send/1",
            p256dh="",
            auth="",
            now=datetime.now(UTC),
        )

    def _person(self, name: str, role: Role) -> Person:
        return self.store.add_person(NewPerson(name=name, role=role), **self.by)

    def _devices(self) -> tuple[int, int]:
        """Give Ana a device, and one that claims to be hers."""
        ana, begun = self.people["Ana"].person_id, self.signed_in("Ana", SessionKind.BROWSER)
        session = self.store.session(hash_token(begun), datetime.now(UTC))
        assert session is not None
        session_id = session.session.session_id
        keys = [device(f"matrix {name} {os.urandom(8).hex()}").listed for name in ("in", "coming")]
        new = [
            NewDevice(kind=SessionKind.BROWSER, name="test", keys=DeviceKeys(one.box, one.sign))
            for one in keys
        ]
        registered = self.store.register_device(ana, session_id, new[0], **self.by)
        until = datetime.now(UTC) + DAY
        pairing = self.store.add_pairing(b"matrix", ana, session_id=session_id, until=until, **self.by)
        claim = NewClaim(hash=b"matrix", device=new[1], place="", number=42)
        assert self.store.claim_pairing(b"matrix", claim, **self.by) is not None
        return registered.device_id, pairing

    def _key(self, name: str, scopes: frozenset[Scope] = ALL_SCOPES, owner: str | None = None) -> str:
        return new_key(self.server.settings, name, ActorKind.AGENT, scopes=scopes, owner=owner)

    def _keys(self) -> dict[str, Held]:
        ask, read = frozenset({Scope.ASK}), frozenset({Scope.READ})
        return {
            "agent key": Held(self.server.agent_key, "agent", "agent", ALL_SCOPES),
            "ask-only key": Held(self._key("agent-under-test", ask, "Ana"), "agent", "agent", ask),
            "read-only key": Held(self._key("agent-under-test", read, "Ana"), "agent", "agent", read),
            "other agent's key": Held(self._key("other"), "agent", "other", ALL_SCOPES),
            "service key": Held(self.server.service_key, "service", "service", ALL_SCOPES),
        }

    def _bad_keys(self) -> dict[str, Held]:
        revoked, disabled = self._key("revoked"), self._key("disabled")
        row = self.store.find_key(checked_hash(Purpose.AGENT, revoked))
        self.store.revoke_key(row.key_id, **self.by)
        self.store.change_agent(self.store.agent_named("disabled").agent_id, is_disabled=True, **self.by)
        return {
            "revoked key": Held(revoked),
            "disabled agent's key": Held(disabled),
            "unknown key": Held(drawn(Purpose.AGENT)),
            "unknown service key": Held(drawn(Purpose.SERVICE)),
            "malformed": Held("hitlv_short"),
            "empty": Held(""),
            "two dots": Held(".."),
        }

    def _access_tokens(self) -> dict[str, Held]:
        good = self.program.tokens(self._browser)["access_token"]
        narrow = self.program.tokens(self._browser, scope="read")["access_token"]
        taken_back = self.program.tokens(self._browser)
        assert self.program.post("revoke", {"token": taken_back["refresh_token"]}).status_code == 200
        gone = Visitor(self.visitors, "Dora", Role.MEMBER)
        of_the_disabled = self.program.tokens(gone)["access_token"]
        self.store.disable_person(self.store.person_named("Dora").person_id, **self.by)
        header, claims, signature = good.split(".")
        key = OctKey.import_key(self.keyring.access_token_key())
        guess = OctKey.import_key(b"secret-secret-secret-secret-1234")
        widened = spelt({**told(narrow), "scope": "ask read"})
        return {
            "access token": Held(good, "agent", "granted", ALL_SCOPES),
            "read-only access token": Held(narrow, "agent", "granted", frozenset({Scope.READ})),
            "access token of a revoked grant": Held(taken_back["access_token"]),
            "access token of a disabled person": Held(of_the_disabled),
            "expired access token": Held(signed(key, {**told(good), "exp": int(time.time()) - 1})),
            "access token for elsewhere": Held(
                signed(key, {**told(good), "aud": "https://elsewhere.example"})
            ),
            "access token from elsewhere": Held(
                signed(key, {**told(good), "iss": "https://elsewhere.example"})
            ),
            "access token for another agent": Held(
                signed(key, {**told(good), "agent_id": str(self.agent.agent_id)})
            ),
            "signed JWT of another type": Held(signed(key, told(good), typ="JWT")),
            "access token with a guessed key": Held(signed(guess, told(good))),
            "access token without a signature": Held(f"{spelt({'alg': 'none', 'typ': 'at+jwt'})}.{claims}."),
            "tampered access token": Held(f"{header}.{claims}.{signature[:-4]}AAAA"),
            "widened access token": Held(".".join((narrow.split(".")[0], widened, narrow.split(".")[2]))),
        }

    def _leftovers(self) -> dict[str, Held]:
        """What an authorization server gives out, and resources must never take."""
        device = self.program.server.anyone.post(
            f"{OAUTH}/device_authorization",
            data={"client_id": self.program.client_id, "client_secret": self.program.secret},
        ).json()
        return {
            "refresh token": Held(self.program.tokens(self._browser)["refresh_token"]),
            "authorization code": Held(self.program.code(self._browser)),
            "device code": Held(device["device_code"]),
            "user code": Held(device["user_code"]),
            "client secret": Held(self.program.secret or "", "client"),
            "another client's secret": Held(drawn(Purpose.CLIENT)),
        }

    def _bad_sessions(self) -> dict[str, Held]:
        found = {}
        locked_out = self._person("Eve", Role.OWNER)
        for kind, name in ((SessionKind.BROWSER, "session"), (SessionKind.TERMINAL, "terminal session")):
            ended = self.signed_in("Ana", kind)
            self.store.end_sessions(
                self.people["Ana"].person_id,
                only=self.store.session(hash_token(ended), datetime.now(UTC)).session.session_id,
                **self.by,
            )
            found[f"ended {name}"] = Held(ended)
            found[f"expired {name}"] = Held(self.signed_in("Ana", kind, life=-DAY))
            found[f"disabled person's {name}"] = Held(self._signed_in(locked_out, kind, DAY))
            found[f"unknown {name}"] = Held(drawn(PURPOSES[kind]))
        self.store.disable_person(locked_out.person_id, **self.by)
        return found

    def signed_in(self, name: str, kind: SessionKind, *, life: timedelta = DAY) -> str:
        """Begin a session and return its token."""
        return self._signed_in(self.people[name], kind, life)

    def _signed_in(self, person: Person, kind: SessionKind, life: timedelta) -> str:
        token, now = drawn(PURPOSES[kind]), datetime.now(UTC)
        session = NewSession(
            kind=kind, hash=hash_token(token), method=Method.PASSKEY, device="test", expires_at=now + life
        )
        assert self.store.add_session(person.person_id, session, now=now) is not None
        return token


class Holder:
    """What may be held around one case of a world; what is good once is made when it is first asked for.

    Args:
        creator: who asked, agent or service: for the first, somebody has to be signed in.
    """

    def __init__(self, world: World, creator: str) -> None:
        self.world = world
        self.creator = creator
        self.hitl = self._asked()
        self._made: dict[str, Held] = {}
        self._other: dict[str, Any] = {}

    @property
    def case_id(self) -> str:
        return self.hitl["case_id"]

    def _asked(self) -> dict[str, Any]:
        return self.world.server.ask(QUESTION, as_service=self.creator == "service")

    def __getitem__(self, name: str) -> Held:
        if name in self.world.lasting:
            return self.world.lasting[name]
        if name not in self._made:
            self._made[name] = FRESH[name](self)
        return self._made[name]

    def names(self) -> list[str]:
        """Name every credential."""
        return [*self.world.lasting, *FRESH]

    def other(self) -> dict[str, Any]:
        """Another case, of the same creator."""
        self._other = self._other or self._asked()
        return self._other

    def withdraw(self) -> None:
        """Cancel the case, as who asked."""
        server = self.world.server
        client = server.agent if self.creator == "agent" else server.service
        assert client.post(f"/api/v1/reviews/{self.case_id}/cancel").status_code == 200

    def derived(self, purpose: Purpose) -> str:
        """A token of the case as the server would spell it, given out or not."""
        secret = self.world.keyring.case_secret(purpose.value, self.case_id)
        return token_from_bytes(purpose, secret)


def _session(name: str, kind: SessionKind) -> Callable[[Holder], Held]:
    held = "browser" if kind is SessionKind.BROWSER else "terminal"
    return lambda holder: Held(holder.world.signed_in(name, kind), held, person=name)


def _relabelled(name: str, purpose: Purpose) -> Callable[[Holder], Held]:
    return lambda holder: Held(purpose.value + holder[name].secret[6:])


FRESH: dict[str, Callable[[Holder], Held]] = {
    "owner's session": _session("Ana", SessionKind.BROWSER),
    "member's session": _session("Bo", SessionKind.BROWSER),
    "owner's terminal session": _session("Ana", SessionKind.TERMINAL),
    "member's terminal session": _session("Bo", SessionKind.TERMINAL),
    "session as a terminal's": _relabelled("owner's session", Purpose.PERSON),
    "terminal session as a browser's": _relabelled("owner's terminal session", Purpose.SESSION),
    "agent key as a terminal's": _relabelled("agent key", Purpose.PERSON),
    "agent key as a session": _relabelled("agent key", Purpose.SESSION),
    "agent key as a service's": _relabelled("agent key", Purpose.SERVICE),
    "review token": lambda holder: Held(token_of(holder.hitl["review_url"]), "review"),
    "submit token": lambda holder: Held(holder.derived(Purpose.SUBMIT), "submit"),
    "poll token": lambda holder: Held(holder.derived(Purpose.POLL)),  # never given out for these cases
    "other case's review token": lambda holder: Held(token_of(holder.other()["review_url"])),
    "other case's submit token": lambda holder: Held(holder.other().get("submit_token", "hitls_" + "x" * 43)),
    "review token as a key": _relabelled("review token", Purpose.AGENT),
    "review token as a submit token": _relabelled("review token", Purpose.SUBMIT),
    "review token as a session": _relabelled("review token", Purpose.SESSION),
    "submit token as a review token": _relabelled("submit token", Purpose.REVIEW),
    "passkey link": lambda holder: Held(
        token_of(passkey_link(holder.world.server.settings, "Zoe")), "passkey"
    ),
    "join link": lambda holder: Held(token_of(invitation(holder.world.server)), "join"),
    "sign-in link": lambda holder: Held(token_of(way_in(holder.world.server, "Ana")), "sign-in"),
    "join link as a sign-in link": _relabelled("join link", Purpose.SIGN_IN_LINK),
}


def drawn(purpose: Purpose) -> str:
    """Draw a token that nobody has given out."""
    return token_from_bytes(purpose, os.urandom(32))


def spelt(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def told(token: str) -> dict[str, Any]:
    """Read the claims of a JWT."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def signed(key: OctKey, claims: dict[str, Any], typ: str = "at+jwt") -> str:
    return jwt.encode({"alg": "HS256", "typ": typ}, claims, key, algorithms=["HS256"])
