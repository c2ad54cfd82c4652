"""Every page of accounts, drawn for people who exist only here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from openhitl.identity.accounts import TotpDraft
from openhitl.identity.pairing import Claimed, Shown
from openhitl.protocol.case import ActorKind
from openhitl.protocol.devices import Device, DeviceKeys, NewDevice, Pairing, PairingState
from openhitl.protocol.oauth_clients import ClientKind
from openhitl.protocol.oauth_grants import Grant, Standing, Terms
from openhitl.protocol.passkeys import Passkey
from openhitl.protocol.people import Method, Person, Role, Session, SessionKind, SignedIn
from openhitl.protocol.push.choices import PushChoices, Shows
from openhitl.protocol.push.subscription import Subscription
from openhitl.protocol.redirects import destination_of
from openhitl.protocol.scopes import ALL_SCOPES, Scope
from openhitl.review.accounts.agents import agent_page, agents_page, key_page
from openhitl.review.accounts.codes import codes_page
from openhitl.review.accounts.device_desk import code_page as pairing_code_page
from openhitl.review.accounts.device_desk import devices_page, pairing_page
from openhitl.review.accounts.joining import join_page
from openhitl.review.accounts.links import link_page, spent_page
from openhitl.review.accounts.own import account_page, elsewhere_page
from openhitl.review.accounts.pairing_in import claimed_page, pair_page, waiting_page
from openhitl.review.accounts.passwords import password_page
from openhitl.review.accounts.people import invitation_page, people_page, way_in_page
from openhitl.review.accounts.signing_in import code_page, sign_in_page
from openhitl.review.inbox.listing import Counts
from openhitl.review.inbox.sections.notifications import NOTIFICATIONS
from openhitl.review.inbox.settings import settings_page
from openhitl.review.installed.app import offline_page
from openhitl.review.pages.consent import (
    Consent,
    consent_page,
    device_decided_page,
    device_page,
    not_asked_page,
    programs_page,
)
from openhitl.review.pages.desk import Desk
from openhitl.review.pages.notices import NOTICES
from openhitl.review.pages.view import Page
from openhitl.store.records import Agent, KeyListed
from openhitl.words import words_for
from tests.pages.samples import NOW
from tests.protocol.sealed.households import device

_OPTIONS = {"challenge": "AAAA", "rp": {"id": "localhost"}, "user": {"id": "AAAA", "name": ""}}
_LINK = "https://hitl.example.com/join?token=hitlj_" + "x" * 43


def _person(person_id: int, name: str, role: Role = Role.MEMBER, **fields: Any) -> Person:
    joined = NOW - timedelta(days=40 - person_id)
    return Person(person_id=person_id, name=name, role=role, created_at=joined, **fields)


ALICE = _person(1, "Alice", Role.OWNER, has_password=True)
BOB = _person(2, "Bob")
EVERYBODY = [
    ALICE,
    BOB,
    _person(3, "Charlotte Antonia Featherstonehaugh-Wolfeschlegelsteinhausen", Role.OWNER),
    _person(4, "Mallory", disabled_at=NOW - timedelta(hours=3)),
]


def _session(session_id: int, device: str, hours: int, **fields: Any) -> Session:
    began = NOW - timedelta(hours=hours)
    return Session(
        **{
            "session_id": session_id,
            "person_id": 1,
            "kind": SessionKind.BROWSER,
            "method": Method.PASSKEY,
            "device": device,
            "created_at": began,
            "seen_at": NOW - timedelta(hours=hours // 3),
            "expires_at": NOW + timedelta(days=30),
            **fields,
        }
    )


SESSIONS = [
    _session(1, "Firefox on Linux", 2),
    _session(2, "Safari on iPhone", 50, method=Method.PASSWORD_AND_CODE),
    _session(3, "laptop", 400, kind=SessionKind.TERMINAL, method=Method.LINK),
    _session(4, "x" * 200, 9),
]


def _passkey(passkey_id: int, used: bool) -> Passkey:
    return Passkey(
        passkey_id=passkey_id,
        name="Alice",
        rp_id="localhost",
        credential_id=b"",
        public_key=b"",
        sign_count=0,
        created_at=NOW - timedelta(days=9 * passkey_id),
        last_used_at=NOW - timedelta(hours=5) if used else None,
    )


AGENTS = [
    Agent(agent_id=1, name="release-bot"),
    Agent(agent_id=2, name="a-very-long-name-without-any-spaces-" * 2 + "in-it", disabled_at=NOW),
]
KEYS = [
    KeyListed(
        key_id=number,
        agent_id=1,
        agent_name="release-bot",
        kind=kind,
        name=name,
        scopes=scopes,
        created_at=NOW - timedelta(days=3 * number),
    )
    for number, name, kind, scopes in (
        (1, "CI", ActorKind.AGENT, ALL_SCOPES),
        (2, "the shop’s back office", ActorKind.SERVICE, frozenset({Scope.READ})),
    )
]


def desk(person: Person | None = None, *, language: str = "en", **values: Any) -> Desk:
    """Lay out a page for somebody, or for whoever is not signed in."""
    signed_in = SignedIn(person, SESSIONS[0]) if person else None
    return Desk(words=words_for(language), now=NOW, signed_in=signed_in, csrf="token", **values)


_CALLBACK = "https://app.example.com/callback"
_TERMS = Terms(agent_name="deploy bot", scopes=ALL_SCOPES, resource="https://hitl.example.com")


def _consent(**fields: Any) -> Consent:
    return Consent(
        client_name="A program that calls itself " + "x" * 60,
        kind=ClientKind.DYNAMIC,
        terms=_TERMS,
        target="/device",
        hidden={"state": "x"},
        **fields,
    )


def _standing(grant_id: int, name: str, *scopes: Scope) -> Standing:
    grant = Grant(
        grant_id=grant_id,
        client_ref=1,
        person_id=1,
        person_name="Alice",
        agent_id=grant_id,
        agent_name=f"agent of {name}",
        scopes=frozenset(scopes),
        resource="https://hitl.example.com",
    )
    return Standing(grant=grant, client_name=name, since=NOW - timedelta(days=grant_id))


def _device(device_id: int, name: str, **fields: Any) -> Device:
    keys = device(f"drawn {device_id}").listed
    return Device(
        **{
            "device_id": device_id,
            "person_id": 1,
            "session_id": device_id,
            "kind": SessionKind.BROWSER,
            "name": name,
            "keys": DeviceKeys(keys.box, keys.sign),
            "created_at": NOW - timedelta(days=3 * device_id),
            "seen_at": NOW - timedelta(hours=device_id),
            **fields,
        }
    )


DEVICES = [
    _device(1, "Firefox on Linux"),
    _device(2, "laptop", kind=SessionKind.TERMINAL, session_id=None),
    _device(3, "z" * 100),
]
_SHOWN = Shown(7, "BCDF-GHJK", "https://hitl.example.com/pair?code=BCDF-GHJK", NOW + timedelta(minutes=10))
_SHOWN_HERE = replace(_SHOWN, url="http://localhost:4485/pair?code=BCDF-GHJK")
_CLAIMED = Claimed("hitlq_x", 42, ALICE, NOW)


def _pairing(state: PairingState, **fields: Any) -> Pairing:
    keys = DEVICES[0].keys
    new = NewDevice(kind=SessionKind.BROWSER, name="Safari on iPhone", keys=keys)
    claimed = {"device": new, "place": "2001:db8::/64"} if state is not PairingState.WAITING else {}
    return Pairing(
        pairing_id=7, person_id=1, session_id=1, state=state, expires_at=NOW, **{**claimed, **fields}
    )


_STANDING = [_standing(1, "Editor", *ALL_SCOPES), _standing(2, "y" * 100, Scope.READ)]


def _device_pages(at: Callable[..., Desk]) -> dict[str, Page]:
    return {
        "devices": devices_page(at(ALICE, notice=NOTICES["device-let-in"]), DEVICES),
        "devices-none": devices_page(at(BOB, typed={"name": "Chrome on Android"}), []),
        "pairing-code": pairing_code_page(at(ALICE), _SHOWN, has_qr=True),
        "pairing-code-plain": pairing_code_page(at(ALICE), _SHOWN_HERE, has_qr=False),
        "pairing-waiting": pairing_page(at(ALICE), _pairing(PairingState.WAITING)),
        "pairing-claimed": pairing_page(at(ALICE), _pairing(PairingState.CLAIMED)),
        "pairing-claimed-bare": pairing_page(
            at(ALICE, problems=[("number", "wrong_number")]),
            _pairing(
                PairingState.CLAIMED, device=NewDevice(kind=SessionKind.TERMINAL, name="y" * 100), place=""
            ),
        ),
        "pairing-denied": pairing_page(at(ALICE), _pairing(PairingState.DENIED)),
        "pair": pair_page(at(typed={"code": "BCDF-GHJK", "name": "Chrome on Android"})),
        "pair-wrong": pair_page(at(BOB, problems=[("code", "not_found")], typed={"code": "BBBB"})),
        "pair-claimed": claimed_page(at(), _CLAIMED),
        "pair-early": waiting_page(at(), "42", "Alice", "hitlq_x"),
    }


def _program_pages(at: Callable[..., Desk]) -> dict[str, Page]:
    return {
        "consent": consent_page(at(ALICE), _consent(destination=destination_of(_CALLBACK))),
        "consent-here": consent_page(at(BOB), _consent(destination=destination_of("http://[::1]:9/"))),
        "consent-device": consent_page(at(ALICE), _consent(place="2001:db8::7", code="BCDF-GHJK")),
        "device": device_page(at(ALICE, typed={"user_code": "BCDF-GHJK"}), target="/device"),
        "device-wrong": device_page(at(ALICE, problems=[("user_code", "rate_limited")]), target="/device"),
        "device-allowed": device_decided_page(at(ALICE), is_allowed=True),
        "device-denied": device_decided_page(at(ALICE), is_allowed=False),
        "not-asked": not_asked_page(at(ALICE), reason="redirect_uri is missing."),
        "not-asked-back": not_asked_page(at(ALICE), reason="There is no such scope here.", back=_CALLBACK),
        "programs": programs_page(at(ALICE, notice=NOTICES["program-ended"]), _STANDING),
        "programs-none": programs_page(at(BOB), []),
    }


def _told(number: int, device: str, **fields: Any) -> Subscription:
    times = {"created_at": NOW, "seen_at": NOW, "delivered_at": None, "failed_at": None, "last_error": None}
    keys = {"endpoint": "https://fcm.googleapis.com/x", "p256dh": "", "auth": ""}
    given = {"person_id": 1, "session_id": 1, "device": device, **keys, **times, **fields}
    return Subscription(subscription_id=number, **given)


TOLD = [
    _told(1, "Firefox on Linux", delivered_at=NOW - timedelta(minutes=4)),
    _told(2, "z" * 100, failed_at=NOW, last_error="The push service answered 429."),
]


def _told_pages(at: Callable[..., Desk]) -> dict[str, Page]:
    def settings(who: Person, **values: Any) -> Page:
        return settings_page(at(who), sections=[(NOTIFICATIONS, values)], counts=Counts(1, 0))

    willing = PushChoices(shows=Shows.TITLE, answers=True)
    return {
        "notifications": settings(ALICE, is_on=True, choices=willing, subscriptions=TOLD),
        "notifications-off": settings(BOB, is_on=False, choices=PushChoices(), subscriptions=[]),
        "offline": offline_page(at()),
    }


def account_pages(language: str = "en") -> dict[str, Page]:
    """Draw every page of accounts in a language."""

    def at(person: Person | None = None, **values: Any) -> Desk:
        return desk(person, language=language, **values)

    draft = TotpDraft("ABCDEFGH" * 4, "otpauth://totp/OpenHITL:Alice?secret=" + "ABCDEFGH" * 4, "sealed")
    coded = replace(ALICE, has_totp=True)
    passkeys = [_passkey(1, used=True), _passkey(2, used=False)]
    bare = replace(ALICE, has_password=False)
    wrong_name = at(problems=[("name", "name_taken"), ("password", "too_easy")], typed={"name": "Bob"})
    refused = at(problems=[("", "sign_in_failed")], typed={"name": "Alice"})
    return {
        "sign-in": sign_in_page(at(notice=NOTICES["signed-out"]), wanted="/account", has_passkeys=True),
        "sign-in-wrong": sign_in_page(refused, wanted="/account", has_passkeys=True),
        "sign-in-again": sign_in_page(at(ALICE), wanted="/account", has_passkeys=False),
        "sign-in-nobody": sign_in_page(at(), wanted="/inbox", has_passkeys=True, has_people=False),
        "sign-in-code": code_page(at(), "/account", "ticket"),
        "sign-in-code-wrong": code_page(at(problems=[("code", "wrong_code")]), "/account", "ticket"),
        "sign-in-link": link_page(at(), name="Alice", token="hitli_x"),
        "link-spent": spent_page(at()),
        "link-spent-signed-in": spent_page(at(ALICE)),
        "join": join_page(at(), role=Role.OWNER, token="hitlj_x", options=_OPTIONS),
        "join-signed-in": join_page(at(ALICE), role=Role.MEMBER, token="hitlj_x", options=_OPTIONS),
        "join-wrong": join_page(wrong_name, role=Role.MEMBER, token="hitlj_x", options=None),
        "account": account_page(
            at(coded, notice=NOTICES["codes-on"]), passkeys=passkeys, sessions=SESSIONS, has_passkeys=True
        ),
        "account-bare": account_page(
            at(replace(BOB, has_password=False)), passkeys=[], sessions=SESSIONS[:1], has_passkeys=True
        ),
        "account-one-way-in": account_page(
            at(bare), passkeys=passkeys[:1], sessions=SESSIONS[:2], has_passkeys=False
        ),
        "password": password_page(at(bare)),
        "password-wrong": password_page(
            at(ALICE, problems=[("present", "sign_in_failed"), ("password", "wrong_length")])
        ),
        "codes-on": codes_page(at(ALICE), draft),
        "codes-on-wrong": codes_page(at(ALICE, problems=[("code", "wrong_code")]), draft),
        "codes-off": codes_page(at(coded), None),
        "elsewhere": elsewhere_page(at(ALICE), link=_LINK),
        "agents": agents_page(at(ALICE, notice=NOTICES["agent-stopped"]), agents=AGENTS),
        "agents-none": agents_page(at(BOB, problems=[("name", "")], typed={"name": ""}), agents=[]),
        "agent": agent_page(at(ALICE), agent=AGENTS[0], owners=[ALICE, BOB], keys=KEYS),
        "agent-wrong": agent_page(
            at(BOB, problems=[("name", ""), ("scopes", "")]), agent=AGENTS[1], owners=[BOB], keys=[]
        ),
        "key": key_page(at(ALICE), agent=AGENTS[0], key="hitla_" + "x" * 43),
        "people": people_page(at(ALICE, notice=NOTICES["role-changed"]), people=EVERYBODY),
        "invitation": invitation_page(at(ALICE), role=Role.MEMBER, link=_LINK),
        **_program_pages(at),
        **_device_pages(at),
        **_told_pages(at),
        "way-in": way_in_page(at(ALICE), name="Bob", link=_LINK),
    }


ACCOUNTS = account_pages()
