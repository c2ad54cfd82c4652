"""What agents tell people, on a terminal: as lines, as JSON, and on the screen of the inbox."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime

import pytest
from textual.app import App

from openhitl.agent import HITL
from openhitl.client.config import ClientConfig
from openhitl.client.logins import Logins
from openhitl.client.sender_pins import SenderPins
from openhitl.errors import InvalidEnvelope, NotEncryptedToKey
from openhitl.person.notices import Notices, Told
from openhitl.person.screen.telling import NoticeScreen
from openhitl.person.sealed import open_notice
from openhitl.protocol.sealed.box import seal_box
from openhitl.protocol.sealed.keys import Keys
from tests.person.desks import Desk, opened_desk
from tests.person.pilots import Seat, noon_of, seated
from tests.person.screens import check_snapshot, settled

pytestmark = pytest.mark.anyio
SECRET = "The merger with Northwind is signed."


@pytest.fixture
def desk(tmp_path):
    with opened_desk(tmp_path / "data") as desk:
        yield desk


def tell(desk: Desk, message: str, kind: str = "info") -> str:
    made = desk.server.agent.post("/api/v1/notices", json={"message": message, "kind": kind})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_notices_are_printed_and_read_when_somebody_says_so(desk, tmp_path):
    person = desk.programs(tmp_path, desk.ana)
    nothing = await person.run("notices")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "Nobody has told you anything yet.\n")
    tell(desk, "The backup is done.", "done")
    tell(desk, "Disk \u202e90 %\x1b[2J\nfull", "warning")
    out = (await person.run("notices")).out
    newest, oldest = out.split("\n\n")[:2]
    assert newest.startswith("New · ⚠ Warning · ")
    assert newest.endswith(" · agent-under-test\n│ Disk ⟦U+202E⟧90 %⟦U+001B⟧[2J\n│ full")
    assert oldest.startswith("New · Done · ")
    told = json.loads((await person.run("notices", "--json", "--read")).out)
    assert [(one["kind"], one["read"], one["encrypted"]) for one in told] == [
        ("warning", False, False),
        ("done", False, False),
    ]
    assert told[1]["message"] == "The backup is done."
    assert (await person.run("notices", "--unread")).err == "Nothing new.\n"
    assert "New" not in (await person.run("notices", "--limit", "1")).out


async def test_whoever_is_not_signed_in_is_told_nothing(desk, tmp_path):
    done = await desk.programs(tmp_path, desk.ana).run("notices", HITL_CONFIG_DIR=str(tmp_path / "none"))
    assert (done.code, done.out) == (1, "")
    assert "You are not signed in" in done.err


async def test_encrypted_notices_are_read_of_agents_that_are_known_here(desk, tmp_path):
    person = desk.programs(tmp_path, desk.ana)
    config = ClientConfig(
        server_url=desk.server.url, api_key=desk.server.agent_key, logins=Logins(tmp_path / "agent")
    )
    assert (await person.run("inbox", "--device")).code == 0
    async with HITL(config=config, e2ee=True, announce=lambda case: None) as hitl:
        await hitl.notify(SECRET)
    (raw,) = desk.ana.http.get("/api/v1/inbox/notices").json()["notices"]
    assert "Northwind" not in json.dumps(raw)
    unknown = (await person.run("notices")).out
    assert unknown.startswith("New · Encrypted · ")
    assert "\n  Encrypted by an agent of which no question was opened on this terminal." in unknown
    (told,) = json.loads((await person.run("notices", "--json")).out)
    assert (told["encrypted"], "message" in told, told["trouble"][:9]) == (True, False, "Encrypted")
    sender = json.loads((await desk_agent(desk, tmp_path).run("keys", "--json")).out)["public_key"]
    SenderPins(tmp_path / "logins-Ana", desk.server.url).keep("1", sender)
    (told,) = json.loads((await person.run("notices", "--json")).out)
    assert (told["message"], "trouble" in told) == (SECRET, False)
    assert f"\n│ {SECRET}\n" in (await person.run("notices")).out
    elsewhere = desk.programs(tmp_path / "elsewhere", desk.ana)
    assert "This terminal has no keys yet" in (await elsewhere.run("notices")).out


def desk_agent(desk: Desk, tmp_path):
    """The programs of whoever runs the agent, where its key lies."""
    return desk.programs(tmp_path, desk.ana, HITL_CONFIG_DIR=str(tmp_path / "agent"))


@pytest.mark.parametrize(("name", "size"), [("80x24", (80, 24)), ("120x40", (120, 40))])
async def test_the_screen_of_notices_looks_as_it_did_and_is_live(desk, tmp_path, name, size):
    tell(desk, "The backup of 3 databases is done.", "done")
    tell(desk, "The disk of db-2 is 90 % full.\nIt grows by 2 % a day.", "warning")
    made = desk.ana.http.get("/api/v1/inbox/notices").json()["notices"][1]["created_at"]
    async with seated(desk, tmp_path, desk.ana, size=size, now=noon_of(datetime.fromisoformat(made))) as seat:
        await seat.sees("2 unread, n shows them")
        await seat.press("n")
        await seat.sees("The backup of 3 databases is done.", "It grows by 2 % a day.")
        check_snapshot(f"notices-{name}", settled(seat.text, server=desk.server.url))
        tell(desk, "The last one.")
        await seat.sees("The last one.")
        await seat.press("m")
        await seat.misses("New · ")
        await seat.press("escape")
        await seat.misses("unread")
    assert desk.ana.http.get("/api/v1/inbox/notices").json()["unread"] == 0


async def test_news_that_come_before_their_screen_is_drawn_are_shown_on_it() -> None:
    now = datetime(2026, 2, 20, 12, tzinfo=UTC)
    told = Told(notice_id="1", kind="done", agent="Ada", created_at=now, is_read=False, message="Backed up.")

    async def mark_read(until: str) -> None: ...

    app = App[None]()
    async with app.run_test() as pilot:
        screen = NoticeScreen(Notices(), now=lambda: now, mark_read=mark_read)
        app.push_screen(screen)
        screen.show(Notices(told=[told], unread=1))
        await Seat(app, pilot).sees("Backed up.")


def test_what_the_older_program_tells_is_read_of_whom_it_may_be_from() -> None:
    me, agent, other = (Keys(secrets.token_bytes(32)) for _ in range(3))

    def sealed(text: str) -> str:
        return seal_box(text, agent, me.public, nonce=secrets.token_bytes(24))

    def read(text: str, *senders: Keys) -> str:
        given = [one.public for one in senders]
        return open_notice(sealed(text), me, senders=given, notice_id="None")

    assert read('{"message": "Done."}', other, agent) == "Done."
    with pytest.raises(NotEncryptedToKey):
        read('{"message": "Done."}', other)
    for wrong in ("Done.", "[]", '{"message": 1}'):
        with pytest.raises(InvalidEnvelope):
            read(wrong, agent)
