"""The inbox that fills the terminal, driven by keys against a real server."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2
import pytest
from textual.app import App

from openhitl.client.session import Session
from openhitl.errors import DuplicateSubmission
from openhitl.person.asked import read_asked
from openhitl.person.inbox import Inbox, Submissions
from openhitl.person.screen.answering import AnswerScreen
from openhitl.person.screen.reading import CaseView
from openhitl.person.screen.together import unfit
from openhitl.protocol.case import ref_of
from tests.person.bodies import FORM, RISKY, SELECTION
from tests.person.desks import opened_desk
from tests.person.pilots import Seat, noon_of, seated
from tests.person.screens import check_snapshot, settled
from tests.servers import running

pytestmark = pytest.mark.anyio

NARROW, WIDE = (80, 24), (120, 40)
LETTER = {"artifact": {"title": "Letter", "content": "Dear team\nYours\nAnn", "format": "text"}}


@pytest.fixture
def letter(desk):
    return desk.ask(prompt="Approve the letter", context=LETTER)


@pytest.mark.parametrize(("name", "size"), [("80x24", NARROW), ("120x40", WIDE)])
async def test_the_screen_looks_as_it_did(desk, tmp_path, name, size):
    risky = desk.ask(
        prompt="Approve deployment of shop 2.1", timeout="2h", default_action="reject", context=RISKY
    )
    chosen = desk.ask(SELECTION, timeout="5h")
    shown = desk.ana.http.get(f"/api/v1/inbox/{risky}").json()
    now = noon_of(datetime.fromisoformat(shown["created_at"]))
    names = {"server": desk.server.url, "case": risky, "REF1": ref_of(risky), "REF2": ref_of(chosen)}
    async with seated(desk, tmp_path, desk.ana, size=size, now=now) as seat:
        await seat.sees("Which jobs?")
        if size is WIDE:
            await seat.sees("Touches every customer.")
        check_snapshot(f"list-{name}", settled(seat.text, **names))
        await seat.press("enter")
        await seat.sees("Touches every customer.")
        check_snapshot(f"case-{name}", settled(seat.text, **names))
        await seat.press("a")
        await seat.sees("Request changes…")
        await seat.press("end", "enter")
        await seat.sees("Type the reference code")
        check_snapshot(f"approve-{name}", settled(seat.text, **names))
        await seat.press("escape", "question_mark")
        await seat.sees("No key answers by itself")
        check_snapshot(f"help-{name}", settled(seat.text, **names))
    desk.answer(desk.ana, risky, "reject")
    desk.answer(desk.ana, chosen, "select", selected=["job_1"])


async def test_no_key_alone_approves_and_the_answer_names_verb_and_question(desk, tmp_path):
    case_id = desk.ask(prompt="Approve the order")
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("Approve the order")
        await seat.press("enter", "enter")
        await seat.sees("Approve…", "Reject…")
        await seat.press("end", "enter")
        await seat.sees("Approve: Approve the order", "Asked by agent-under-test")
        await seat.press("enter")  # in the note, where the focus is
        assert desk.answered(case_id)["status"] in ("pending", "opened")
        await seat.press("tab", "tab", "enter")
        await seat.sees("Approved: Approve the order")
    assert desk.answered(case_id)["result"]["action"] == "approve"


async def test_what_comes_while_the_inbox_is_open_appears_and_what_goes_is_said(desk, tmp_path):
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("0 waiting")
        case_id = desk.ask(prompt="Approve the second order")
        await seat.sees("1 waiting", "Approve the second order", f"ref {ref_of(case_id)}")
        await seat.press("enter", "a")
        await seat.sees("Reject…")
        await seat.press("end", "enter")
        await seat.sees("Approve: Approve the second order")
        await seat.type("Looks fine")
        desk.answer(desk.bo, case_id, "reject", feedback="Too dear.")
        await seat.sees("Rejected by Bo", "Nothing was sent.")
        assert seat.app.screen.query_one("#send").disabled
        await seat.sees("Looks fine")
        await seat.press("escape")
        await seat.sees("0 waiting", "Too dear.")


async def test_high_risk_takes_the_typed_reference_code(desk, tmp_path):
    case_id = desk.ask(prompt="Approve the migration", context=RISKY)
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("Touches every customer.")
        await seat.press("enter", "a")
        await seat.sees("Approve…")
        await seat.press("end", "enter")
        await seat.sees("Type the reference code")
        await seat.press("ctrl+s")
        await seat.sees("That is not the reference code of this case.")
        await seat.press("tab")
        await seat.type(ref_of(case_id).lower())
        await seat.press("ctrl+s")
        await seat.sees("Approved: Approve the migration")
    assert desk.answered(case_id)["result"]["action"] == "approve"


async def test_saying_no_to_high_risk_takes_no_code(desk, tmp_path):
    case_id = desk.ask(prompt="Approve the deletion", context=RISKY)
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("Touches every customer.")
        await seat.press("enter", "a")
        await seat.sees("Reject…")
        await seat.press("home", "enter")
        await seat.sees("Reject: Approve the deletion", "Why? (optional)")
        await seat.type("Not now")
        await seat.press("ctrl+s")
        await seat.sees("Rejected: Approve the deletion")
    assert desk.answered(case_id)["result"]["data"] == {"feedback": "Not now"}


async def test_items_are_chosen_by_ticking_them(desk, tmp_path):
    case_id = desk.ask(SELECTION)
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("Which jobs?", "Choose 1 to 2 of 2")
        await seat.press("enter", "a")
        await seat.sees("Choose: Which jobs?")
        await seat.press("ctrl+s")
        await seat.sees("data.selected: choose 1 to 2")
        await seat.press("down", "space", "ctrl+s")
        await seat.sees("Choice made: Which jobs?")
    assert desk.answered(case_id)["result"]["data"] == {"selected": ["job_2"]}


async def test_a_form_is_filled_in_and_says_what_is_wrong_where_it_is_wrong(desk, tmp_path):
    case_id = desk.ask(FORM)
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("Where and when?", "City (required)")
        await seat.press("enter", "a")
        await seat.sees("Send answers: Where and when?")
        await seat.press("ctrl+s")
        await seat.sees("This is required.")
        await seat.type("Lisbon")
        await seat.press("tab")
        await seat.type("12")
        await seat.press("ctrl+s")
        await seat.sees("Enter 9 or less.")
        await seat.press("backspace", "backspace", "3", "tab", "space", "ctrl+s")
        await seat.sees("Answers sent: Where and when?")
    assert desk.answered(case_id)["result"]["data"] == {"city": "Lisbon", "nights": 3, "late": True}


async def test_an_edit_is_made_in_the_editor_and_shown_before_it_is_sent(desk, tmp_path, letter, monkeypatch):
    monkeypatch.setenv("EDITOR", "sed -i s/Dear/Hello/")
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("Dear team")
        await seat.press("enter", "e")
        await seat.sees("Approve with my edits: Approve the letter", "-Dear team", "+Hello team")
        await seat.press("ctrl+s")
        await seat.sees("Approved with edits: Approve the letter")
    assert desk.answered(letter)["result"]["data"] == {"edits": {"content": "Hello team\nYours\nAnn"}}


async def test_an_edit_that_changes_nothing_is_no_answer(desk, tmp_path, letter, monkeypatch):
    monkeypatch.setenv("EDITOR", "true")
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("Dear team")
        await seat.press("enter", "e")
        await seat.sees("Nothing was changed.")
        monkeypatch.setenv("EDITOR", "no-such-editor")
        await seat.press("e")
        await seat.sees("The editor 'no-such-editor' does not start")
    desk.answer(desk.ana, letter, "reject")


async def test_the_list_is_searched_and_history_is_a_key_away(desk, tmp_path):
    one, other = desk.ask(prompt="Approve the apples"), desk.ask(prompt="Approve the pears")
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("Approve the apples", "Approve the pears")
        await seat.press("slash")
        await seat.type("pears")
        await seat.misses("apples")
        await seat.press("escape")
        await seat.sees("Approve the apples")
        desk.answer(desk.bo, one, "reject")
        await seat.sees("1 waiting")
        await seat.press("h")
        await seat.sees("History", "Rejected by Bo")
        desk.answer(desk.bo, other, "reject")


async def test_a_case_that_comes_when_its_view_is_not_there_ends_nothing(desk, letter):
    """Not yet, or not any more: what fetches it goes on while the screen is put up and taken down."""
    asked = read_asked(desk.ana.http.get(f"/api/v1/inbox/{letter}").json())
    app = App[None]()
    async with app.run_test(size=WIDE) as pilot:
        view = CaseView(lambda: datetime.now(UTC))
        view.show(asked)
        await app.mount(view)
        await Seat(app, pilot).sees("Approve the letter")
        await view.remove()
        view.show(None)
    desk.answer(desk.ana, letter, "reject")


async def test_an_end_that_comes_before_its_window_is_drawn_is_said_in_it(desk, letter, tmp_path):
    asked = read_asked(desk.ana.http.get(f"/api/v1/inbox/{letter}").json())
    config = desk.config(tmp_path, desk.ana)
    app = App[None]()
    async with Session(config.credential) as session, app.run_test(size=WIDE) as pilot:
        screen = AnswerScreen(Inbox(config, session), asked, "approve", edit_text=lambda text, name: None)
        app.push_screen(screen)
        screen.say_ended("Approved by Ben")
        await Seat(app, pilot).sees("Approved by Ben. Nothing was sent.")
        assert screen.query_one("#send").disabled
    desk.answer(desk.ana, letter, "reject")


async def test_small_questions_are_answered_together(desk, tmp_path):
    low = {"risk": {"level": "low"}}
    ids = [desk.ask(prompt=f"Order {what}?", context=low) for what in ("pens", "paper")]
    other = desk.ask(prompt="Order a house?", context=RISKY, timeout="1h")
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("Order pens?", "Order paper?", "Order a house?")
        await seat.press("home", "x")
        await seat.sees("Only small questions of low risk are answered together")
        await seat.press("j", "x", "j", "x")
        await seat.waits(lambda: seat.text.count("[x]") == 2, "two marks")
        await seat.press("a")
        await seat.sees("2 together, asked by agent-under-test", "Reject 2", "Approve 2")
        await seat.press("enter")  # on Back, where the focus is
        await seat.misses("2 together")
        await seat.press("a")
        await seat.sees("Approve 2")
        await seat.press("tab", "tab", "enter")
        await seat.sees("2 approved")
    assert [desk.answered(one)["status"] for one in (*ids, other)] == ["completed", "completed", "pending"]
    desk.answer(desk.ana, other, "reject")


async def test_agents_of_one_name_are_not_answered_together(desk, tmp_path):
    ids = [desk.ask(prompt=f"Order {what}?", context={"risk": {"level": "low"}}) for what in ("ink", "tape")]
    config = desk.config(tmp_path, desk.ana)
    async with Session(config.credential) as session:
        ink, tape = [await Inbox(config, session).case(case_id) for case_id in ids]
    assert ink.agent_id != ""
    assert unfit(tape, [ink]) == ""
    namesake = replace(tape, agent_id="9")
    assert unfit(namesake, [ink]) == "Only questions of one agent and one type are answered together."
    for case_id in ids:
        desk.answer(desk.ana, case_id, "reject")


async def test_another_answer_is_never_taken_for_one_that_was_recorded(desk, tmp_path):
    """After a failure the same is sent again, or something else: only the same is the same answer."""
    case_id, config = desk.ask(prompt="Order ink?"), desk.config(tmp_path, desk.ana)
    submissions = Submissions()
    async with Session(config.credential) as session:
        inbox = Inbox(config, session)
        asked = await inbox.case(case_id)

        async def send(action: str, **data: str) -> object:
            submission_id = submissions.id_of(asked, action, data)
            return (await inbox.answer(asked, action, data, submission_id=submission_id))["status"]

        assert [await send("approve", feedback="Two") for _ in range(2)] == ["completed"] * 2
        for action, data in (("reject", {}), ("approve", {}), ("approve", {"feedback": "Three"})):
            with pytest.raises(DuplicateSubmission):
                await send(action, **data)
    assert desk.answered(case_id)["result"]["data"] == {"feedback": "Two"}


async def test_a_case_that_wants_a_passkey_is_answered_in_a_browser(desk, tmp_path):
    case_id = desk.ask(prompt="Approve the payment", assurance="passkey")
    async with seated(desk, tmp_path, desk.ana) as seat:
        await seat.sees("your passkey, in a browser")
        await seat.press("enter", "a")
        await seat.sees("Approve…")
        await seat.press("end", "enter")
        await seat.sees("This answer takes your passkey", f"/review/{case_id[:20]}")
    assert desk.server.agent.post(f"/api/v1/reviews/{case_id}/cancel", json={}).status_code == 200


async def test_offline_is_said_and_what_was_filled_in_is_kept(tmp_path):
    with ExitStack() as first, ExitStack() as second:
        desk = first.enter_context(opened_desk(tmp_path / "data"))
        case_id = desk.ask(prompt="Approve the order")
        async with seated(desk, tmp_path, desk.ana) as seat:
            await seat.sees("Approve the order")
            await seat.press("enter", "a")
            await seat.sees("Reject…")
            await seat.press("home", "enter")
            await seat.sees("Why? (optional)")
            await seat.type("Too dear")
            first.close()
            await seat.sees("OFFLINE")
            await seat.press("ctrl+s")
            await seat.sees("Not sent: No answer from", "What you filled in is kept; send it again.")
            port = urlsplit(desk.server.url).port
            second.enter_context(running(tmp_path / "data", port=port))
            await seat.press("ctrl+s")
            await seat.sees("Rejected: Approve the order")
            await seat.misses("OFFLINE")
            url, token = f"{desk.server.url}/api/v1/inbox/{case_id}", desk.ana.token
            headers = {"authorization": f"Bearer {token}"}
            answered = httpx2.get(url, headers=headers, trust_env=False).json()
    assert answered["result"]["data"] == {"feedback": "Too dear"}


async def test_whoever_is_signed_out_elsewhere_is_told_how_to_sign_in(tmp_path):
    with opened_desk(tmp_path / "data") as desk:
        async with seated(desk, tmp_path, desk.ana) as seat:
            await seat.sees("0 waiting")
            assert desk.ana.http.delete("/api/v1/sessions/current").status_code == 204
            await seat.press("r")
            await seat.waits(lambda: seat.app.return_code is not None, "the end")
        assert seat.app.return_code == 1
