"""Single sign-on, from setting out to being signed in, on both databases."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from openhitl.errors import NotSignedIn, RateLimited, SsoFailed, SsoRefused, SubjectTaken
from openhitl.identity.sessions import SessionDesk
from openhitl.identity.signing_in import Visit
from openhitl.identity.sso import BURST, CALLBACK_PATH, TRIP_LIFE, names_for, single_sign_on
from openhitl.keyring import Keyring
from openhitl.outbound import Guard, OutboundHttp
from openhitl.protocol.audit import OPERATOR
from openhitl.protocol.base64url import decode, encode
from openhitl.protocol.openid import Identity, Subject
from openhitl.protocol.people import Method, Role, SessionKind
from openhitl.settings import Settings
from openhitl.store import Store
from openhitl.store.people import NewPerson
from tests.identity.provider import ADA, CLIENT_ID, SECRET, providing
from tests.store.desk import SECRET as ROOT

pytestmark = pytest.mark.anyio

VISIT = Visit(device="Firefox", place="192.0.2.7")
BASE = "https://hitl.example.org"


@pytest.fixture
def provider():
    with providing() as provider:
        provider.redirect_uri = BASE + CALLBACK_PATH
        yield provider


class Desk:
    """A server with single sign-on, and browsers that come to it."""

    def __init__(self, provider, store, outbound, tmp_path, allow):
        self.provider, self.store = provider, store
        self.keyring = Keyring(ROOT)
        self.now = datetime.now(UTC)
        settings = Settings(
            data_dir=tmp_path,
            base_url=BASE,
            oidc_issuer=provider.url,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=SECRET,
            oidc_allow=allow,
        )
        given = {"run": asyncio.to_thread, "clock": lambda: self.now}
        self.sso = single_sign_on(settings, store, self.keyring, outbound, **given)
        self.sessions = SessionDesk(store, self.keyring, **given)

    def add(self, name, role=Role.MEMBER):
        return self.store.add_person(NewPerson(name=name, role=role), by=OPERATOR, now=self.now)

    def signed_in(self, person):
        _, new = self.sessions.draw(SessionKind.BROWSER, Method.LINK, "Firefox")
        return self.store.add_session(person.person_id, new, now=self.now)

    async def travel(self, to_connect=None, onward="/account"):
        """Go to the provider and back; return what the browser brings."""
        url, cookie = await self.sso.begin(onward, to_connect=to_connect)
        back = self.provider.authorize(url)
        return dict(parse_qsl(urlsplit(back).query)), cookie

    async def arrive(self, response, cookie):
        return await self.sso.arrive(response, cookie, place=VISIT.place)

    async def sign_in(self, **human):
        self.provider.human = {**ADA, **human}
        arrival = await self.arrive(*await self.travel())
        return (await self.sso.enter(arrival, VISIT)).signed_in


@asynccontextmanager
async def desk_of(provider, url, tmp_path, *, allow="example.org", owner=True):
    store, outbound = Store.open(url, Keyring(ROOT)), OutboundHttp(Guard(["127.0.0.0/8"]))
    try:
        desk = Desk(provider, store, outbound, tmp_path, allow)
        if owner:
            desk.add("Olga", Role.OWNER)
        yield desk
    finally:
        await outbound.close()
        store.close()


@pytest.fixture
async def desk(provider, database_url, tmp_path):
    async with desk_of(provider, database_url, tmp_path) as desk:
        yield desk


def kinds(desk):
    """Say what was recorded of people and sessions."""
    with desk.store._database.reading() as connection:
        found = connection.exec_driver_sql("SELECT kind, actor FROM log ORDER BY position")
        return [(row.kind, row.actor) for row in found]


async def test_the_first_sign_in_makes_a_member_and_the_next_finds_them(desk):
    first = await desk.sign_in()
    assert (first.person.name, first.person.role, first.session.method) == (
        "Ada Lovelace",
        Role.MEMBER,
        "sso",
    )
    again = await desk.sign_in(name="Countess of Lovelace", email="countess@elsewhere.example")
    assert again.person == first.person
    assert again.session.session_id != first.session.session_id
    ada = first.person.actor_id
    assert kinds(desk)[1:] == [
        ("person.added", ada),
        ("person.changed", ada),
        ("session.signed_in", ada),
        ("session.signed_in", ada),
    ]
    assert desk.store.verify_log() is None


@pytest.mark.parametrize(
    "human",
    [
        {"email": "ada@example.com"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": None},
        {"email": "ada@example.org@evil.example"},
    ],
    ids=str,
)
async def test_whom_the_operator_has_not_allowed_does_not_join(desk, human):
    with pytest.raises(SsoRefused):
        await desk.sign_in(**human)
    assert [person.name for person in desk.store.people()] == ["Olga"]
    assert kinds(desk)[-1] == ("session.refused", "anybody")


async def test_without_a_list_nobody_joins_but_who_is_connected_gets_in(provider, database_url, tmp_path):
    async with desk_of(provider, database_url, tmp_path, allow="") as desk:
        with pytest.raises(SsoRefused):
            await desk.sign_in()
        olga = desk.signed_in(desk.store.person_named("Olga"))
        assert not await desk.sso.is_connected(olga)
        await desk.sso.connect(await desk.arrive(*await desk.travel(olga)), olga)
        assert await desk.sso.is_connected(olga)
        assert (await desk.sign_in()).person.name == "Olga"
        await desk.sso.disconnect(olga)
        assert not await desk.sso.is_connected(olga)
        with pytest.raises(SsoRefused):
            await desk.sign_in()
        told = [kind for kind, actor in kinds(desk) if actor == olga.person.actor_id]
        assert told == ["session.signed_in", "person.changed", "session.signed_in", "person.changed"]
        assert desk.store.verify_log() is None


async def test_a_server_without_an_owner_gets_none_this_way(provider, database_url, tmp_path):
    async with desk_of(provider, database_url, tmp_path, allow="*", owner=False) as desk:
        with pytest.raises(SsoRefused):
            await desk.sign_in()
        assert desk.store.people() == []


async def test_anybody_may_join_where_the_operator_says_so(provider, database_url, tmp_path):
    async with desk_of(provider, database_url, tmp_path, allow="*") as desk:
        assert (await desk.sign_in(email=None, email_verified=None)).person.name == "Ada Lovelace"


async def test_who_is_disabled_stays_out(desk):
    person = (await desk.sign_in()).person
    desk.store.disable_person(person.person_id, by=OPERATOR, now=desk.now)
    with pytest.raises(NotSignedIn):
        await desk.sign_in()
    assert kinds(desk)[-1] == ("session.refused", "anybody")
    desk.store.enable_person(person.person_id, by=OPERATOR, now=desk.now)
    assert (await desk.sign_in()).person.name == "Ada Lovelace"


async def test_neither_a_name_nor_an_address_connects_anybody_with_an_account(desk):
    """Else whoever calls themselves so at the provider would be them."""
    desk.add("Ada Lovelace", Role.OWNER)
    desk.add("ada@example.org")
    joined = (await desk.sign_in()).person
    assert (joined.name, joined.role) == ("Ada Lovelace (ada@example.org)", Role.MEMBER)
    other = (await desk.sign_in(sub="another", name="OLGA")).person
    assert other.name == "OLGA (ada@example.org)"


async def test_two_tabs_of_one_newcomer_make_one_account(desk):
    desk.provider.human = dict(ADA)
    arrivals = [await desk.arrive(*await desk.travel()) for _ in range(4)]
    begun = await asyncio.gather(*(desk.sso.enter(arrival, VISIT) for arrival in arrivals))
    assert len({one.signed_in.person.person_id for one in begun}) == 1
    assert [person.name for person in desk.store.people()] == ["Olga", "Ada Lovelace"]


async def test_who_comes_back_is_who_set_out(desk):
    brought, cookie = await desk.travel()
    _, other = await desk.travel()
    for response, given in (
        ({**brought, "state": "x" * 43}, cookie),
        ({name: value for name, value in brought.items() if name != "state"}, cookie),
        (brought, other),  # another browser's: login CSRF. RFC 6749 §10.12
        (brought, ""),
        (brought, "x"),
        (brought, "\u00e9"),
        (brought, cookie[:-4] + "AAAA"),
        (brought, encode(decode(cookie)[:10])),
        (brought, encode(desk.keyring.seal(b"{}", bound_to="another row"))),
        (brought, encode(Keyring(bytes(32)).seal(b"{}", bound_to="sso"))),
    ):
        with pytest.raises(SsoFailed):
            await desk.arrive(response, given)
    assert "/token" not in desk.provider.seen
    assert await desk.arrive(brought, cookie)


async def test_a_trip_takes_ten_minutes_at_most(desk):
    brought, cookie = await desk.travel()
    desk.now += TRIP_LIFE
    with pytest.raises(SsoFailed):
        await desk.arrive(brought, cookie)
    desk.now -= TRIP_LIFE + timedelta(seconds=1)
    with pytest.raises(SsoFailed):
        await desk.arrive(brought, cookie)


async def test_the_provider_is_asked_only_so_often_for_one_place(desk):
    desk.provider.human = dict(ADA)
    brought, cookie = await desk.travel()
    for _ in range(BURST):
        with pytest.raises(SsoFailed):
            await desk.arrive({**brought, "code": ""}, cookie)
    with pytest.raises(RateLimited):
        await desk.arrive(brought, cookie)
    assert await desk.sso.arrive(brought, cookie, place="192.0.2.8")


async def test_every_trip_draws_its_own_secrets(desk):
    urls = [(await desk.sso.begin("/account"))[0] for _ in range(20)]
    asked = [dict(parse_qsl(urlsplit(url).query)) for url in urls]
    for name in ("state", "nonce", "code_challenge"):
        assert len({one[name] for one in asked}) == len(asked)


async def test_only_who_set_out_to_connect_is_connected(desk):
    ada, bob = (desk.signed_in(desk.add(name)) for name in ("Ada", "Bob"))
    arrival = await desk.arrive(*await desk.travel(ada))
    with pytest.raises(SsoFailed):
        await desk.sso.connect(arrival, bob)
    with pytest.raises(SsoFailed):  # it set out to sign in
        await desk.sso.connect(await desk.arrive(*await desk.travel()), bob)
    await desk.sso.connect(arrival, ada)
    await desk.sso.connect(await desk.arrive(*await desk.travel(ada)), ada)
    with pytest.raises(SubjectTaken):
        await desk.sso.connect(await desk.arrive(*await desk.travel(bob)), bob)
    assert (await desk.sign_in()).person.name == "Ada"


async def test_subjects_of_different_issuers_are_different_people(desk):
    """OpenID Connect Core 1.0 §2: a subject is unique within its issuer."""
    person = (await desk.sign_in()).person
    same = Subject("https://elsewhere.example", ADA["sub"])
    assert desk.store.person_of(same) is None
    assert desk.store.person_of(replace(same, issuer=desk.provider.url)) == person


@pytest.mark.parametrize(
    ("identity", "names"),
    [
        ({"name": "Ada", "email": "ada@example.org"}, ["Ada", "Ada (ada@example.org)", "Ada 2"]),
        ({"email": "ada@example.org"}, ["ada", "ada (ada@example.org)", "ada 2"]),
        ({}, ["sub", "sub 2", "sub 3"]),
        ({"name": "a\u202eb", "email": "ada@example.org"}, ["ada@example.org", "sub"]),
        ({"name": "\ud800", "email": "ada@example.org"}, ["ada@example.org", "sub"]),
        ({"name": "x" * 200}, ["x" * 80, "x" * 80 + " 2"]),
    ],
)
def test_names_of_newcomers_can_be_shown_and_told_apart(identity, names):
    given = Identity(subject=Subject("https://id.example.org", "sub"), **identity)
    assert list(names_for(given))[: len(names)] == names
