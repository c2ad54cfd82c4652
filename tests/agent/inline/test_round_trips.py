"""From a service through a chat and back: press, submit, poll. HITL v0.8 §7.5."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from openhitl.agent.inline import (
    GERMAN,
    InlineDesk,
    Place,
    Press,
    Pressed,
    PressOutcome,
    SqliteInlineStore,
    slack,
)
from openhitl.protocol.incoming import HitlObject, parse_accepted
from tests.agent.inline.asks import REFERENCE
from tests.agent.inline.chats import Chat
from tests.agent.inline.platforms import PLATFORMS
from tests.agent.inline.presses import PRESSES, TO, WHO
from tests.agent.inline.services import Service
from tests.agent.inline.test_limits import with_name
from tests.servers import RunningServer, running, token_of

pytestmark = pytest.mark.anyio
CONFIRMATION = {
    "type": "confirmation",
    "prompt": "Delete *the* staging database? @everyone",
    "context": {"irreversible": True, "items": [{"id": "db1", "title": "staging-eu"}]},
}
APPROVAL = {"type": "approval", "prompt": "Deploy?", "inline_actions": ["approve", "reject"]}
ESCALATION = {"type": "escalation", "prompt": "It failed.", "context": {"error": {"summary": "Timeout"}}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running(tmp_path_factory.mktemp("inline")) as server:
        yield server


@pytest.fixture(params=PLATFORMS)
def chat(request: pytest.FixtureRequest) -> Iterator[Chat]:
    with Chat(request.param) as chat:
        yield chat


@pytest.fixture
def desk(tmp_path: Path) -> InlineDesk:
    return InlineDesk(SqliteInlineStore(tmp_path / "buttons.db"))


def read(hitl: dict[str, Any]) -> HitlObject:
    found = parse_accepted(202, {"hitl": hitl})
    assert found is not None
    return found


async def ask(desk: InlineDesk, chat: Chat, hitl: HitlObject) -> str:
    """Put a case into a chat; return the id of its message."""
    call = await desk.message(hitl, PLATFORMS[chat.platform], to=TO[chat.platform])
    response = chat.send(call)
    assert response.status_code == 200, response.text
    return chat.last


async def press(desk: InlineDesk, chat: Chat, label: str, message: str | None = None) -> Pressed:
    """Press a button, and let the desk answer the chat."""
    pressed = await desk.press(PLATFORMS[chat.platform], chat.press(label, message))
    for call in pressed.calls:
        response = chat.send(call)
        assert response.status_code == 200, response.text
    return pressed


@pytest.mark.parametrize(
    ("asked", "label", "action", "said"),
    [
        (CONFIRMATION, "Confirm", "confirm", "Confirmed"),
        (CONFIRMATION, "Cancel", "cancel", "Cancelled"),
        (APPROVAL, "Reject", "reject", "Rejected"),
        (ESCALATION, "Skip", "skip", "To be skipped"),
    ],
)
async def test_a_press_is_the_answer_that_the_agent_polls(
    server: RunningServer, desk: InlineDesk, chat: Chat, asked: Any, label: str, action: str, said: str
) -> None:
    hitl = server.ask(asked)
    await ask(desk, chat, read(hitl))
    assert hitl["review_url"] in chat.shows()
    pressed = await press(desk, chat, label)
    assert pressed.outcome is PressOutcome.ACCEPTED

    polled = server.status(hitl)
    user_id, name = WHO[chat.platform]
    assert (polled["status"], polled["result"]["action"]) == ("completed", action)
    context = polled["submission_context"]
    assert context["mode"] == "inline_submit"
    assert context["submitted_via"] == pressed.press.submitted_via
    by = {"platform": chat.platform, "platform_user_id": user_id, "display_name": name}
    assert context["submitted_by"] == by

    assert f"{said} by {name}" in chat.shows().replace("\n", " ")
    assert hitl["review_url"] not in chat.shows()
    assert chat.buttons() == {}


async def test_a_second_press_is_told_so_and_the_message_keeps_who_decided(
    server: RunningServer, desk: InlineDesk, chat: Chat
) -> None:
    await ask(desk, chat, read(server.ask(CONFIRMATION)))
    payload = chat.press("Confirm")
    await press(desk, chat, "Confirm")
    decided, told = chat.shows(), len(chat.notices)
    again = await desk.press(PLATFORMS[chat.platform], payload)
    assert (again.outcome, again.case) == (PressOutcome.UNKNOWN, None)
    for call in again.calls:
        chat.send(call)
    if chat.platform == "whatsapp":
        assert chat.shows() == "This button is no longer in use."
    else:
        assert chat.shows() == decided
        assert len(chat.notices) == told + 1


async def test_a_press_after_an_answer_in_the_browser_closes_the_message(
    server: RunningServer, desk: InlineDesk, chat: Chat
) -> None:
    hitl = server.ask(CONFIRMATION)
    await ask(desk, chat, read(hitl))
    page = f"/reviews/{hitl['case_id']}/respond?token={token_of(hitl['review_url'])}"
    assert server.anyone.post(page, json={"action": "cancel", "data": {}}).status_code == 200
    pressed = await press(desk, chat, "Confirm")
    assert pressed.outcome is PressOutcome.ANSWERED
    assert_closed(chat, "This was already answered.")  # who holds the link has no name
    assert server.status(hitl)["result"]["action"] == "cancel"


async def test_of_two_who_press_at_once_one_decides_and_the_message_names_no_other(
    server: RunningServer, chat: Chat
) -> None:
    """§7.5: the one-time guarantee is the service's; the message is right in either order."""
    desk, hitl = InlineDesk(), server.ask(CONFIRMATION)
    await ask(desk, chat, read(hitl))
    payloads = [chat.press("Confirm"), with_name(chat.platform, chat.press("Cancel"), "Bob")]
    both = await asyncio.gather(*(desk.press(PLATFORMS[chat.platform], one) for one in payloads))
    (winner,) = [one for one in both if one.outcome is PressOutcome.ACCEPTED]
    (loser,) = [one for one in both if one is not winner]
    assert loser.outcome in (PressOutcome.ANSWERED, PressOutcome.UNKNOWN)
    assert server.status(hitl)["result"]["action"] == winner.press.action
    name = winner.press.who.display_name
    for pressed in (winner, loser):
        for call in pressed.calls:
            chat.send(call)
        shown = chat.shows().replace("\n", " ")
        assert f"by {name}" in shown or "This button is no longer in use." in shown
        assert chat.buttons() == {}


async def test_a_late_press_is_told_who_answered(server: RunningServer, chat: Chat) -> None:
    """Our own servers name who it was; others need not."""
    hitl = server.ask(CONFIRMATION)
    one, other = InlineDesk(), InlineDesk()
    with Chat("slack") as elsewhere:
        await ask(one, elsewhere, read(hitl))
        await ask(other, chat, read(hitl))
        await press(one, elsewhere, "Confirm")
    assert (await press(other, chat, "Cancel")).outcome is PressOutcome.ANSWERED
    assert_closed(chat, "Already answered by")
    assert "alice" in chat.shows()


async def test_a_press_on_a_withdrawn_case_closes_the_message(
    server: RunningServer, desk: InlineDesk, chat: Chat
) -> None:
    hitl = server.ask(CONFIRMATION)
    await ask(desk, chat, read(hitl))
    assert server.service.post(f"/api/v1/reviews/{hitl['case_id']}/cancel", json={}).status_code == 200
    assert (await press(desk, chat, "Confirm")).outcome is PressOutcome.CANCELLED
    assert_closed(chat, "This question was withdrawn.")


async def test_a_press_after_the_deadline_closes_every_message(
    server: RunningServer, desk: InlineDesk
) -> None:
    """The agent's clock is behind the service's here, so that the service is asked."""
    hitl = server.ask({**CONFIRMATION, "timeout": "PT10S"})
    slow = replace(read(hitl), expires_at=datetime.now(UTC) + timedelta(hours=1))
    with server.service.stream("GET", hitl["events_url"]) as events:
        assert any(line == "event: review.expired" for line in events.iter_lines())
    for platform in PLATFORMS:
        with Chat(platform) as chat:
            await ask(desk, chat, slow)
            assert (await press(desk, chat, "Confirm")).outcome is PressOutcome.EXPIRED
            assert_closed(chat, "The time to answer is over.")


def assert_closed(chat: Chat, said: str) -> None:
    shown = chat.shows().replace("\\", "")
    assert said in shown
    assert "/review/" not in shown
    assert chat.buttons() == {}


async def test_a_token_that_is_no_longer_good_leaves_the_way_to_the_page(
    server: RunningServer, desk: InlineDesk, chat: Chat
) -> None:
    hitl, other = server.ask(CONFIRMATION), server.ask(CONFIRMATION)
    await ask(desk, chat, read({**hitl, "submit_token": other["submit_token"]}))
    assert (await press(desk, chat, "Confirm")).outcome is PressOutcome.TOKEN_REFUSED
    assert_open(chat, hitl, "This cannot be decided here.", {})
    assert server.status(hitl)["status"] == "pending"


async def test_an_action_that_the_service_takes_on_the_page_only_leads_there(
    server: RunningServer, desk: InlineDesk, chat: Chat
) -> None:
    hitl = server.ask({**CONFIRMATION, "inline_actions": ["cancel"]})
    del hitl["inline_actions"]
    await ask(desk, chat, read(hitl))
    assert (await press(desk, chat, "Confirm")).outcome is PressOutcome.NOT_INLINE
    assert_open(chat, hitl, "This cannot be decided here.", {})
    assert server.status(hitl)["status"] == "pending"


def assert_open(chat: Chat, hitl: dict[str, Any], said: str, buttons: Any) -> None:
    shown = chat.shows().replace("\\", "")
    assert said in shown
    assert hitl["review_url"] in shown
    assert set(chat.buttons()) == set(buttons)


@pytest.mark.parametrize(
    ("status", "outcome", "said"),
    [
        (429, PressOutcome.BUSY, "Too many answers at once."),
        (500, PressOutcome.UNAVAILABLE, "The service does not answer."),
        (503, PressOutcome.UNAVAILABLE, "The service does not answer."),
        (0, PressOutcome.UNAVAILABLE, "The service does not answer."),
    ],
)
async def test_what_passes_keeps_its_buttons_and_the_next_press_counts(
    desk: InlineDesk, chat: Chat, status: int, outcome: PressOutcome, said: str
) -> None:
    with Service(status, 200) as service:
        await ask(desk, chat, read(service.hitl))
        assert (await press(desk, chat, "Confirm")).outcome is outcome
        assert_open(chat, service.hitl, said, {"Confirm", "Cancel"})
        assert (await press(desk, chat, "Confirm")).outcome is PressOutcome.ACCEPTED
    assert chat.buttons() == {}
    assert [seen["authorization"] for seen in service.seen] == ["Bearer " + service.hitl["submit_token"]] * 2


@pytest.mark.parametrize("status", [400, 404, 413, 422, 302, 307, 308])
async def test_any_other_refusal_leads_to_the_page(desk: InlineDesk, status: int) -> None:
    with Service(status) as service, Chat("slack") as chat:
        await ask(desk, chat, read(service.hitl))
        assert (await press(desk, chat, "Confirm")).outcome is PressOutcome.REFUSED
        assert_open(chat, service.hitl, "This cannot be decided here.", {})
        assert len(service.seen) == 1, "a redirect is not followed: the token stays with the submit address"


async def test_slack_without_a_response_url_is_answered_through_its_api(desk: InlineDesk) -> None:
    """Modals and old messages have none."""
    with Service(200) as service, Chat("slack") as chat:
        await ask(desk, chat, read(service.hitl))
        payload = chat.press("Confirm")
        del payload["response_url"]
        payload["container"]["message_ts"] = chat.last
        for paths in (["chat.update"], ["chat.postEphemeral"]):
            pressed = await desk.press(slack, payload)
            assert [call.path for call in pressed.calls] == paths
            for call in pressed.calls:
                assert chat.send(call).status_code == 200
        assert "Confirmed by alice" in chat.shows()
        assert chat.notices == ["This button is no longer in use."]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>busy</html>",
        b"[" * 100_000,
        b'{"responded_by": [], "submission_context": {"submitted_by": {"display_name": 7}}}',
    ],
)
async def test_a_refusal_that_says_nothing_readable_is_known_by_its_status(
    desk: InlineDesk, body: bytes
) -> None:
    with Service(409, body=body) as service, Chat("teams") as chat:
        await ask(desk, chat, read(service.hitl))
        assert (await press(desk, chat, "Confirm")).outcome is PressOutcome.ANSWERED
        assert_closed(chat, "This was already answered.")


async def test_a_case_that_was_forgotten_takes_no_press(desk: InlineDesk) -> None:
    with Service() as service, Chat("teams") as chat:
        await ask(desk, chat, read(service.hitl))
        await desk.forget(read(service.hitl))
        assert (await press(desk, chat, "Confirm")).outcome is PressOutcome.UNKNOWN
        assert service.seen == []


async def test_a_service_that_is_gone_may_come_back(desk: InlineDesk) -> None:
    with Service() as service:
        hitl = service.hitl
    with Chat("telegram") as chat:
        await ask(desk, chat, read(hitl))
        assert (await press(desk, chat, "Confirm")).outcome is PressOutcome.UNAVAILABLE
        assert_open(chat, hitl, "The service does not answer.", {"Confirm", "Cancel"})


async def test_a_reference_that_nobody_kept_is_an_outcome(desk: InlineDesk, chat: Chat) -> None:
    payload = PRESSES[chat.platform](f"hitl:{REFERENCE}:approve")
    pressed = await desk.press(PLATFORMS[chat.platform], payload)
    assert (pressed.outcome, pressed.case) == (PressOutcome.UNKNOWN, None)
    assert pressed.calls


async def test_a_button_that_was_never_shown_reaches_no_service(desk: InlineDesk) -> None:
    with Service() as service, Chat("telegram") as chat:
        hitl = {**service.hitl, "inline_actions": ["cancel"]}
        await ask(desk, chat, read(hitl))
        forged = chat.buttons()["Cancel"].replace("cancel", "confirm")
        pressed = await desk.press(PLATFORMS["telegram"], PRESSES["telegram"](forged))
        assert (pressed.outcome, service.seen) == (PressOutcome.NOT_INLINE, [])


async def test_the_agent_may_say_whose_press_counts(chat: Chat) -> None:
    asked: list[Press] = []

    def only_bob(press: Press) -> bool:
        asked.append(press)
        return press.who.platform_user_id == "bob"

    desk = InlineDesk(may_press=only_bob)
    with Service() as service:
        await ask(desk, chat, read(service.hitl))
        before = dict(chat.messages)
        assert (await press(desk, chat, "Confirm")).outcome is PressOutcome.NOT_ALLOWED
        assert service.seen == []
        assert [one.action for one in asked] == ["confirm"]
        if chat.platform == "whatsapp":
            assert chat.shows() == "You may not decide this."
        else:
            assert chat.messages == before
            assert chat.notices == [chat.notices[0]]


async def test_a_case_in_two_chats_is_decided_once_and_the_other_message_stays_right(
    server: RunningServer, desk: InlineDesk
) -> None:
    hitl = server.ask(CONFIRMATION)
    with Chat("slack") as one, Chat("teams") as other:
        await ask(desk, one, read(hitl))
        place = Place(chat=str(TO["teams"]), message=await ask(desk, other, read(hitl)))
        assert set(one.buttons().values()) == set(other.buttons().values()), "one reference"
        await press(desk, one, "Confirm")
        calls = await desk.close(read(hitl), PLATFORMS["teams"], place, outcome=PressOutcome.ANSWERED)
        for call in calls:
            assert other.send(call).status_code == 200
        assert_closed(other, "This was already answered.")


@pytest.mark.parametrize("outcome", [PressOutcome.ANSWERED, PressOutcome.CANCELLED, PressOutcome.EXPIRED])
async def test_the_message_of_a_case_that_ended_elsewhere_loses_its_buttons(
    desk: InlineDesk, chat: Chat, outcome: PressOutcome
) -> None:
    hitl = read(Service.unheard())
    place = Place(chat=str(TO[chat.platform]), message=await ask(desk, chat, hitl))
    payload = chat.press("Confirm")
    calls = await desk.close(hitl, PLATFORMS[chat.platform], place, outcome=outcome)
    for call in calls:
        assert chat.send(call).status_code == 200
    assert bool(chat.buttons()) is (chat.platform == "whatsapp"), "what WhatsApp sent stays"
    assert (await desk.press(PLATFORMS[chat.platform], payload)).outcome is PressOutcome.UNKNOWN


async def test_the_press_may_come_to_another_process_and_after_a_restart(
    server: RunningServer, tmp_path: Path
) -> None:
    hitl = server.ask(CONFIRMATION)
    with Chat("discord") as chat:
        await ask(InlineDesk(SqliteInlineStore(tmp_path / "b.db")), chat, read(hitl))
        other = InlineDesk(SqliteInlineStore(tmp_path / "b.db"))
        assert (await press(other, chat, "Confirm")).outcome is PressOutcome.ACCEPTED
        assert hitl["submit_token"].encode() not in (tmp_path / "b.db").read_bytes()


def test_code_that_is_not_async_presses_too(server: RunningServer) -> None:
    desk = InlineDesk(words=GERMAN)
    hitl = server.ask(APPROVAL)
    with Chat("telegram") as chat:
        chat.send(desk.message_sync(read(hitl), PLATFORMS["telegram"], to=42))
        pressed = desk.press_sync(PLATFORMS["telegram"], chat.press("Freigeben"))
        assert pressed.outcome is PressOutcome.ACCEPTED
        for call in pressed.calls:
            chat.send(call)
        assert "Freigegeben von Alice Example" in chat.shows()


async def test_a_case_without_buttons_is_not_kept(server: RunningServer, chat: Chat, tmp_path: Path) -> None:
    """Review addresses and tokens are not stored for nothing."""
    path = tmp_path / "b.db"
    hitl = server.ask({"type": "selection", "prompt": "Which?", "context": {"items": [{"id": "a"}]}})
    await ask(InlineDesk(SqliteInlineStore(path)), chat, read(hitl))
    assert chat.buttons() == {}
    assert hitl["review_url"] in chat.shows()
    assert b"review_" not in path.read_bytes()


async def test_an_agents_own_question_has_no_buttons(server: RunningServer, chat: Chat) -> None:
    """Whoever asks cannot answer: a case made with an agent's key has no submit token."""
    hitl = server.ask({key: CONFIRMATION[key] for key in CONFIRMATION}, as_service=False)
    await ask(InlineDesk(), chat, read(hitl))
    assert chat.buttons() == {}
    assert urlsplit(hitl["review_url"]).path in chat.shows()
