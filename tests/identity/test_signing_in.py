"""How long what lets people in holds, by a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest

from openhitl.errors import InvalidRequest, InvalidToken, NotSignedIn, RateLimited
from openhitl.identity import Accounts
from openhitl.identity.links import join_link
from openhitl.identity.sessions import Begun
from openhitl.identity.signing_in import CHALLENGE_LIFE, PASSKEY_EVERY, PASSKEY_TRIES, TRIES, Visit
from openhitl.keyring import Keyring
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.people import LinkKind, Role, SessionKind
from openhitl.store import Store
from tests.evidence.authenticator import Authenticator
from tests.store.desk import NOW, SECRET

URL = "https://hitl.example"
PASSWORD = "several words are easy"
VISIT = Visit(device="Firefox on Linux", place="192.0.2.7")


async def at_once(method: Any, *args: Any, **kwargs: Any) -> Any:
    return method(*args, **kwargs)


@dataclass
class House:
    """The accounts of a store, and the clock that they go by."""

    store: Store
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.accounts = Accounts(
            self.store,
            Keyring(SECRET),
            URL,
            run=at_once,
            clock=lambda: self.now,
            on_join=lambda: None,
        )

    def later(self, **spans: int) -> None:
        self.now += timedelta(**spans)

    def link(self, role: Role = Role.MEMBER) -> str:
        """Make a link to join and return its token."""
        made = join_link(self.store, URL, role, by=OPERATOR, now=self.now)
        return made.partition("token=")[2]

    def joined(self, name: str = "Alice") -> Begun:
        return done(self.accounts.sign_in.join(self.link(), name, VISIT, password=PASSWORD))

    def found(self, begun: Begun) -> Any:
        return done(self.accounts.sessions.find(SessionKind.BROWSER, begun.token))


def done(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = Store.open(f"sqlite:///{tmp_path}/people.db", Keyring(SECRET))
    yield House(store)
    store.close()


def test_a_browser_stays_signed_in_for_thirty_days(house: House) -> None:
    begun = house.joined()
    house.later(days=30, seconds=-1)
    assert house.found(begun).person.name == "Alice"
    house.later(seconds=1)
    assert house.found(begun) is None


def test_it_is_noted_every_five_minutes_that_somebody_was_here(house: House) -> None:
    begun = house.joined()
    first = house.found(begun).session.seen_at
    house.later(minutes=4)
    assert house.found(begun).session.seen_at == first
    house.later(minutes=1)
    assert house.found(begun).session.seen_at == house.now
    [listed] = done(house.accounts.sessions.of(begun.signed_in))
    assert listed.seen_at == house.now


def test_an_invitation_is_good_for_three_days(house: House) -> None:
    token = house.link()
    house.later(days=3, seconds=-1)
    assert done(house.accounts.sign_in.link(LinkKind.JOIN, token)).role is Role.MEMBER
    house.later(seconds=1)
    with pytest.raises(InvalidToken):
        done(house.accounts.sign_in.join(token, "Late", VISIT, password=PASSWORD))


def test_a_link_to_sign_in_is_good_for_a_quarter_of_an_hour(house: House) -> None:
    begun = house.joined()
    token = done(house.accounts.own_link(begun.signed_in)).partition("token=")[2]
    house.later(minutes=15)
    with pytest.raises(InvalidToken):
        done(house.accounts.sign_in.by_link(token, VISIT))


def test_a_link_is_of_its_kind(house: House) -> None:
    begun = house.joined()
    to_join = house.link()
    to_sign_in = done(house.accounts.own_link(begun.signed_in)).partition("token=")[2]
    for kind, token in ((LinkKind.SIGN_IN, to_join), (LinkKind.JOIN, to_sign_in)):
        with pytest.raises(InvalidToken):
            done(house.accounts.sign_in.link(kind, token))
    with pytest.raises(InvalidToken):
        done(house.accounts.sign_in.by_link(to_join, VISIT))


def test_a_challenge_is_good_for_five_minutes(house: House) -> None:
    sign_in = house.accounts.sign_in
    device = Authenticator(origin=URL, rp_id="hitl.example")
    token = house.link()
    done(
        sign_in.join(token, "Alice", VISIT, credential=device.register(sign_in.join_options(token, "Alice")))
    )
    for minutes, is_good in ((5, True), (6, False)):
        options = sign_in.passkey_options()
        house.later(minutes=minutes)
        entering = sign_in.by_passkey(options["challenge"], device.sign(options), VISIT)
        if is_good:
            assert done(entering).signed_in.person.name == "Alice"
        else:
            with pytest.raises(NotSignedIn):
                done(entering)


def test_a_password_is_remembered_for_five_minutes_until_the_code_comes(house: House) -> None:
    """RFC 6238 §5.2: and each code is good once."""
    begun = house.joined()
    draft = house.accounts.draw_totp(begun.signed_in)
    codes = pyotp.TOTP(draft.secret)
    done(house.accounts.set_totp(begun.signed_in, draft, codes.at(house.now)))
    with pytest.raises(NotSignedIn) as asked:
        done(house.accounts.sign_in.by_password("Alice", PASSWORD, VISIT))
    ticket = asked.value.details["ticket"]
    with pytest.raises(NotSignedIn) as used:
        done(house.accounts.sign_in.by_code(ticket, codes.at(house.now), VISIT))
    assert used.value.details["code_required"], "another code will do"
    house.now += CHALLENGE_LIFE
    assert done(house.accounts.sign_in.by_code(ticket, codes.at(house.now), VISIT))
    house.later(minutes=1)
    with pytest.raises(NotSignedIn) as late:
        done(house.accounts.sign_in.by_code(ticket, codes.at(house.now), VISIT))
    assert "code_required" not in late.value.details


@pytest.mark.parametrize(("seconds", "is_good"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_code_of_the_half_minute_before_or_after_will_do(house: House, seconds: int, is_good: bool) -> None:
    """RFC 6238 §5.2, §6: clocks differ."""
    begun = house.joined()
    draft = house.accounts.draw_totp(begun.signed_in)
    setting = house.accounts.set_totp(
        begun.signed_in, draft, pyotp.TOTP(draft.secret).at(house.now + timedelta(seconds=seconds))
    )
    if is_good:
        done(setting)
    else:
        with pytest.raises(InvalidRequest):
            done(setting)
    assert house.store.people()[0].has_totp is is_good


def test_a_try_comes_back_every_half_minute(house: House) -> None:
    house.joined()
    sign_in = house.accounts.sign_in
    for _ in range(TRIES):
        with pytest.raises(NotSignedIn):
            done(sign_in.by_password("Alice", "guess", VISIT))
    with pytest.raises(RateLimited) as refused:
        done(sign_in.by_password("Alice", PASSWORD, VISIT))
    assert 0 < refused.value.details["retry_after_seconds"] <= 31
    house.later(seconds=refused.value.details["retry_after_seconds"])
    assert done(sign_in.by_password("Alice", PASSWORD, VISIT))


def test_passkeys_are_tried_once_a_second_and_a_minute_s_worth_at_once(house: House) -> None:
    sign_in = house.accounts.sign_in
    for _ in range(PASSKEY_TRIES):
        with pytest.raises(NotSignedIn):
            done(sign_in.by_passkey("", {}, VISIT))
    with pytest.raises(RateLimited):
        done(sign_in.by_passkey("", {}, VISIT))
    house.now += PASSKEY_EVERY
    with pytest.raises(NotSignedIn):
        done(sign_in.by_passkey("", {}, VISIT))
