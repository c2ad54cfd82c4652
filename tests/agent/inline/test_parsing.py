"""Presses come back as they were meant, and nothing else is one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openhitl.agent.inline import Press, discord, slack, telegram, whatsapp
from openhitl.agent.inline.press import button_data
from openhitl.errors import InvalidPress
from openhitl.protocol.submission import parse_submission
from tests.agent.inline.asks import REFERENCE
from tests.agent.inline.platforms import PLATFORMS
from tests.agent.inline.presses import PRESSES, WHO, form_of_slack

DATA = button_data(REFERENCE, "approve")
PLACES = {
    "telegram": ("42", "7"),
    "slack": ("C0CHANNEL", "1771581600.000200"),
    "discord": ("845027738276462632", "1"),
    "whatsapp": ("16505551234", "wamid.A1=="),
    "teams": ("19:abc@thread.tacv2", "1771581600123"),
}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_press_says_what_who_and_where(platform: str) -> None:
    """HITL v0.8 §7.5 "Request fields": each platform has its own word for the surface."""
    press: Press = PLATFORMS[platform].parse(PRESSES[platform](DATA))
    assert (press.reference, press.action) == (REFERENCE, "approve")
    who = press.who
    assert (who.platform, who.platform_user_id, who.display_name) == (platform, *WHO[platform])
    assert (press.place.chat, press.place.message) == PLACES[platform]
    by = {
        "platform": who.platform,
        "platform_user_id": who.platform_user_id,
        "display_name": who.display_name,
    }
    body = {"action": "approve", "data": {}, "submitted_via": press.submitted_via, "submitted_by": by}
    assert parse_submission(body, inline=True, demo=False).submitted_via == press.submitted_via


def test_the_data_of_a_button_is_short_enough_for_the_tightest_platform() -> None:
    """§7.7: Telegram's 64 bytes hold whatever case and action."""
    longest = max(("approve", "confirm", "reject", "cancel", "retry", "skip", "abort"), key=len)
    assert len(button_data(REFERENCE, longest).encode()) <= 64


def test_names_are_told_in_the_order_people_see_them() -> None:
    def name_in(payload: dict[str, Any], module: Any) -> str | None:
        name: str | None = module.parse(payload).who.display_name
        return name

    assert name_in(PRESSES["telegram"](DATA, first_name="", last_name=None), telegram) == "alice"
    assert name_in(PRESSES["discord"](DATA, direct=True, global_name=None), discord) == "alice"
    assert name_in(PRESSES["slack"](DATA, name=" "), slack) == "alice"
    assert name_in(PRESSES["slack"](DATA, name="\u202e\n x" * 200), slack) is not None
    stranger = PRESSES["whatsapp"](DATA)
    stranger["entry"][0]["changes"][0]["value"]["contacts"][0]["wa_id"] = "1"
    assert name_in(stranger, whatsapp) is None


@pytest.mark.parametrize(
    "data",
    [
        "",
        "hitl",
        "hitl::approve",
        f"hitl:{REFERENCE}:",
        f"hitl:{REFERENCE}:Approve",
        f"hitl:{REFERENCE}:approve ",
        f"hitl:{REFERENCE}:approve\n",
        f"hitl:{REFERENCE[:-1]}:approve",
        f"hitl:{REFERENCE}x:approve",
        f"other:{REFERENCE}:approve",
        "hitl:" + "a" * 100_000,
    ],
)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_button_of_somebody_else_is_not_a_press(platform: str, data: str) -> None:
    with pytest.raises(InvalidPress):
        PLATFORMS[platform].parse(PRESSES[platform](data))


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every place in a payload."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from paths(part, (*path, key))


def changed(payload: Any, path: tuple[Any, ...], value: Any) -> Any:
    payload = copy.deepcopy(payload)
    *upper, last = path
    at = payload
    for step in upper:
        at = at[step]
    at[last] = value
    return payload


_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("platform", PLATFORMS)
@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_a_hostile_payload_is_a_press_or_the_one_typed_error(platform: str, data: st.DataObject) -> None:
    payload = PRESSES[platform](DATA)
    for _ in range(data.draw(st.integers(1, 3))):
        everywhere = list(paths(payload))
        if everywhere:
            payload = changed(payload, data.draw(st.sampled_from(everywhere)), data.draw(_json))
    try:
        press = PLATFORMS[platform].parse(payload)
    except InvalidPress:
        return
    # What got through can be submitted, and nothing in it reaches beyond its place in an address.
    body = {"platform": platform, "platform_user_id": press.who.platform_user_id}
    if press.who.display_name is not None:
        body["display_name"] = press.who.display_name
    submission = {"action": press.action, "submitted_via": press.submitted_via, "submitted_by": body}
    parse_submission(submission, inline=True, demo=False)
    assert "/" not in press.place.chat or platform == "teams"


@pytest.mark.parametrize("platform", PLATFORMS)
@settings(max_examples=60, deadline=None)
@given(payload=_json)
def test_what_is_no_payload_at_all_is_the_typed_error(platform: str, payload: Any) -> None:
    with pytest.raises(InvalidPress):
        PLATFORMS[platform].parse(payload)


@pytest.mark.parametrize(
    ("platform", "path", "value"),
    [
        ("telegram", ("callback_query", "from", "id"), 10**30),
        ("telegram", ("callback_query", "id"), "../../x"),
        ("telegram", ("callback_query", "from", "is_bot"), True),
        ("discord", ("member", "user", "bot"), True),
        ("slack", ("response_url",), "https://evil.example/actions"),
        ("slack", ("response_url",), "http://hooks.slack.com/actions"),
        ("slack", ("response_url",), "https://evilslack.com/actions"),
        ("slack", ("response_url",), "https://[broken"),
        ("slack", ("actions", 0, "value"), None),
        ("discord", ("application_id",), "1/../2"),
        ("discord", ("token",), "a/b"),
        ("discord", ("data", "component_type"), 3),
        ("whatsapp", ("object",), "page"),
        ("whatsapp", ("entry", 0, "changes", 0, "value", "messages", 0, "from"), "1 2"),
        ("teams", ("serviceUrl",), "http://smba.trafficmanager.net/"),
        ("teams", ("channelId",), "webchat"),
        ("teams", ("conversation", "id"), "a\nb"),
    ],
)
def test_an_identifier_that_would_lead_elsewhere_is_refused(
    platform: str, path: tuple[Any, ...], value: Any
) -> None:
    payload = changed(PRESSES[platform](DATA), path, value)
    with pytest.raises(InvalidPress):
        PLATFORMS[platform].parse(payload)


def test_the_link_of_a_slack_message_is_not_a_press() -> None:
    """Slack tells of presses of buttons that only open an address, too."""
    payload = PRESSES["slack"](DATA)
    del payload["actions"][0]["value"]
    payload["actions"][0] |= {"action_id": "hitl:page", "url": "https://shop.example/review/1"}
    with pytest.raises(InvalidPress):
        slack.parse(payload)


def test_slack_posts_a_form() -> None:
    payload = PRESSES["slack"](DATA, name="Zoë & <b>")
    assert slack.payload_in(form_of_slack(payload)) == payload
    for form in (b"", b"payload=", b"payload=%7B", b"payload=1&payload=2", b"other=1", b"\xff", b"a;b"):
        with pytest.raises(InvalidPress):
            slack.payload_in(form)
    with pytest.raises(InvalidPress):
        slack.payload_in(b"payload=" + b"[" * 200_000)


def test_discord_wants_an_answer_before_anything_else() -> None:
    """A ping is answered by a pong; a press by the promise to change the message."""
    assert discord.acknowledgement({"type": 1, "id": "1"}) == {"type": 1}
    assert discord.acknowledgement(PRESSES["discord"](DATA)) == {"type": 6}
    with pytest.raises(InvalidPress):
        discord.acknowledgement({"type": 2})


def test_one_webhook_of_whatsapp_may_hold_many_presses() -> None:
    many = PRESSES["whatsapp"](DATA)
    change = many["entry"][0]["changes"][0]
    change["value"]["messages"] *= 2
    many["entry"][0]["changes"].append({"field": "messages", "value": {"statuses": [{"id": "wamid.A1"}]}})
    many["entry"].append(copy.deepcopy(many["entry"][0]))
    with pytest.raises(InvalidPress):
        whatsapp.parse(many)
    assert [whatsapp.parse(one).action for one in whatsapp.split(many)] == ["approve"] * 4
    assert list(whatsapp.split(json.loads('{"entry": [1, {"changes": [null]}]}'))) == []
