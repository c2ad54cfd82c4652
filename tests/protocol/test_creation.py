"""Reading what is asked. HITL v0.8 §6, §7.5, §13.1."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.errors import CallerError, InvalidRequest, InvalidType, NoItems, PolicyRefused, UnsupportedField
from openhitl.protocol.case import Assurance, DefaultAction, ReviewCase, Status
from openhitl.protocol.creation import FIELDS, MAX_METADATA_BYTES, UNSUPPORTED, Rules
from openhitl.protocol.jcs import digest
from openhitl.protocol.policies import read_policy
from openhitl.protocol.shown import shown
from tests.protocol.test_policies import PROVIDERS, RAW
from tests.protocol.values import CASE_ID, NOW, asked, asking, case_bodies

BARE = {"type": "approval", "prompt": "Deploy?"}


def paths_of(body, **more):
    with pytest.raises(InvalidRequest) as refused:
        asked(body, **more)
    return [error["path"] for error in refused.value.details["errors"]]


def test_a_bare_question_gets_the_defaults_of_the_protocol():
    question = asked(BARE)
    assert question.case == ReviewCase(
        case_id=CASE_ID,
        agent_id=1,
        type="approval",
        status=Status.PENDING,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=24),
        default_action=DefaultAction.SKIP,
    )
    content = question.content
    assert (content.message, content.timeout, content.agent) == ("Deploy?", "24h", "alice's agent")
    assert (content.context, content.metadata, content.inline_actions) == ({}, {}, None)


def test_every_field_is_read():
    question = asked(
        {
            **BARE,
            "message": "It is green.",
            "context": {"facts": {"a": 1}},
            "timeout": "PT2H",
            "default_action": "reject",
            "reminder_at": ["2026-02-20T11:30:00Z", "2026-02-20T11:00:00+00:00", "2026-02-20T12:30:00+01:00"],
            "previous_case_id": "review_before-1",
            "inline_actions": ["approve", "reject", "approve"],
            "metadata": {"run": 5},
            "assurance": "link",
        },
        relays_answers=True,
        demo=True,
        agent_id=None,
    )
    content, case = question.content, question.case
    assert content.message == "It is green."
    assert content.inline_actions == ("approve", "reject")
    assert content.metadata == {"run": 5}
    assert content.reminder_at == (NOW + timedelta(hours=1), NOW + timedelta(minutes=90))
    assert case.reminders == content.reminder_at
    assert case.expires_at == NOW + timedelta(hours=2)
    assert case.default_action is content.default_action is DefaultAction.REJECT
    assert case.previous_case_id == content.previous_case_id == "review_before-1"
    assert (case.demo, case.agent_id) == (True, None)
    assert question.context.facts == {"a": 1}


def test_the_content_is_bound_to_what_is_shown():
    question = asked(BARE)
    assert question.content.shown_digest == digest(shown(CASE_ID, question.content, question.case.expires_at))
    assert asked({**BARE, "prompt": "Deploy!"}).content.shown_digest != question.content.shown_digest
    assert asked({**BARE, "metadata": {"a": 1}}).content.shown_digest == question.content.shown_digest


def test_null_is_the_same_as_absent():
    nothing = dict.fromkeys(FIELDS | UNSUPPORTED)
    assert asked({**nothing, **BARE}) == asked(BARE)


@pytest.mark.parametrize("name", sorted(case_bodies()))
def test_every_example_is_a_question(name):
    body = case_bodies()[name]
    assert asked(body).content.context == body.get("context", {})


@pytest.mark.parametrize("timeout", ["10s", "7d", "P7D", "168h"])
def test_a_case_stays_open_for_ten_seconds_to_seven_days(timeout):
    """HITL v0.8 §13.1."""
    asked({**BARE, "timeout": timeout})


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"colour": "red"}, "colour"),
        ({"prompt": None}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n"}, "prompt"),
        ({"prompt": "p" * 501}, "prompt"),
        ({"prompt": ["p"]}, "prompt"),
        ({"message": "m" * 10_001}, "message"),
        ({"message": {}}, "message"),
        ({"context": []}, "context"),
        ({"context": {"risk": 5}}, "context.risk"),
        ({"timeout": "9s"}, "timeout"),
        ({"timeout": "604801s"}, "timeout"),
        ({"timeout": "soon"}, "timeout"),
        ({"timeout": 60}, "timeout"),
        ({"timeout": "1" * 51}, "timeout"),
        ({"default_action": "maybe"}, "default_action"),
        ({"default_action": []}, "default_action"),
        ({"reminder_at": "2026-02-20T10:00:00Z"}, "reminder_at"),
        ({"reminder_at": "2026-02-21T10:00:00Z"}, "reminder_at"),
        ({"reminder_at": "2026-02-20T12:00:00"}, "reminder_at"),
        ({"reminder_at": "later"}, "reminder_at"),
        ({"reminder_at": [5]}, "reminder_at"),
        ({"reminder_at": {}}, "reminder_at"),
        ({"reminder_at": ["2026-02-20T12:00:00Z"] * 11}, "reminder_at"),
        ({"previous_case_id": "../etc"}, "previous_case_id"),
        ({"previous_case_id": ""}, "previous_case_id"),
        ({"previous_case_id": 5}, "previous_case_id"),
        ({"inline_actions": "approve"}, "inline_actions"),
        ({"inline_actions": ["select"]}, "inline_actions"),
        ({"inline_actions": [[]]}, "inline_actions"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": "ä" * (MAX_METADATA_BYTES // 2)}}, "metadata"),
        ({"assurance": "certain"}, "assurance"),
        ({"assurance": {}}, "assurance"),
        ({"type": 5}, "type"),
        ({"type": None}, "type"),
        ({"context": {"a": "\ud800"}}, "context.a"),
        ({"metadata": {"n": 2**53}}, "metadata.n"),
    ],
)
def test_a_wrong_field_is_refused_at_its_path(more, path):
    assert paths_of({**BARE, **more}, relays_answers=True) == [path]


def test_all_wrong_fields_are_told_at_once():
    body = {
        "type": "input",
        "prompt": "",
        "timeout": "x",
        "colour": 1,
        "context": {"form": {"fields": [{}, 5]}},
    }
    assert paths_of(body) == [
        "colour",
        "context.form.fields[0].key",
        "context.form.fields[1]",
        "prompt",
        "timeout",
    ]


def test_a_body_is_an_object():
    assert paths_of([]) == ["body"]
    assert paths_of("x") == ["body"]


@pytest.mark.parametrize("review_type", ["approve", "", "X-thing", "x-", "x- a", "x-" + "a" * 62, "x-a\n"])
def test_an_unknown_type_is_told_the_known_ones(review_type):
    with pytest.raises(InvalidType) as refused:
        asked({**BARE, "type": review_type})
    assert refused.value.status == 400
    assert "approval" in refused.value.details["valid_types"]


def test_custom_types_begin_with_x():
    """HITL v0.8 §10 "Custom Types"."""
    assert asked({**BARE, "type": "x-myservice-comparison"}).case.type == "x-myservice-comparison"


def test_a_selection_has_items():
    with pytest.raises(NoItems):
        asked({"type": "selection", "prompt": "Which?"})


@pytest.mark.parametrize(
    "more",
    [
        {"assignees": ["alice"]},
        {"surface": {"format": "json-render"}},
        {"assurance": "signed_in"},
        {"assurance": "passkey"},
    ],
)
def test_what_this_server_cannot_honour_is_never_stored_and_ignored(more):
    with pytest.raises(UnsupportedField) as refused:
        asked({**BARE, **more})
    assert refused.value.details["field"] in more


PEOPLE = Rules(
    least=Assurance.SIGNED_IN,
    most=Assurance.PASSKEY,
    assignable={"ana": 3, "bo": 1},
    picks_anybody=False,
)


def test_a_case_has_the_assurance_that_the_askers_people_want():
    """design rules 2 and 3."""
    assert asked(BARE, rules=PEOPLE).case.assurance is Assurance.SIGNED_IN
    assert asked({**BARE, "assurance": "signed_in"}, rules=PEOPLE).case.assurance is Assurance.SIGNED_IN
    assert asked(BARE, rules=replace(PEOPLE, least=Assurance.LINK)).case.assurance is Assurance.LINK


def test_an_agent_may_raise_the_assurance_and_never_lower_it():
    """design rule 2."""
    with pytest.raises(PolicyRefused):
        asked({**BARE, "assurance": "link"}, rules=PEOPLE)
    higher = asked({**BARE, "assurance": "passkey"}, rules=PEOPLE, providers=PROVIDERS)
    assert higher.case.assurance is Assurance.PASSKEY
    assert higher.content.policy.wants("passkey")
    with pytest.raises(PolicyRefused):
        asked({**BARE, "assurance": "signed_in"}, rules=replace(PEOPLE, least=Assurance.PASSKEY))
    assert paths_of({**BARE, "assurance": "certain"}, rules=PEOPLE) == ["assurance"]


def test_where_there_are_no_passkeys_nothing_asks_for_one():
    rules = replace(PEOPLE, most=Assurance.SIGNED_IN)
    with pytest.raises(UnsupportedField) as refused:
        asked({**BARE, "assurance": "passkey"}, rules=rules)
    assert "HITL_BASE_URL" in refused.value.hint


def test_a_policy_beside_assurance_passkey_wants_a_passkey_too():
    for changes in ({"mode": "step_up"}, {"required_for": ["inline_submit"]}):
        body = {**BARE, "assurance": "passkey", "verification_policy": {**RAW, **changes}}
        assert "verification_policy" in paths_of(body, rules=PEOPLE, providers=PROVIDERS)


def test_those_are_asked_who_are_named():
    assert asked({**BARE, "assignees": ["Bo", "ANA", "ana"]}, rules=PEOPLE).assignees == (1, 3)
    assert asked(BARE, rules=PEOPLE).assignees == ()


def test_an_agent_asks_nobody_but_its_own_people():
    """design rule 2."""
    with pytest.raises(PolicyRefused):
        asked({**BARE, "assignees": ["Ana", "Eve"]}, rules=PEOPLE)


@pytest.mark.parametrize("assignees", [[], ["Eve"], ["Ana"] * 21, "Ana", [3], [""], ["x" * 101]])
def test_assignees_are_people_who_have_an_account(assignees):
    rules = replace(PEOPLE, picks_anybody=True)
    assert paths_of({**BARE, "assignees": assignees}, rules=rules) == ["assignees"]


def test_assignees_and_buttons_elsewhere_do_not_go_with_what_they_contradict():
    rules = replace(PEOPLE, least=Assurance.LINK)
    assert paths_of({**BARE, "assignees": ["Ana"]}, rules=rules) == ["assignees"]
    body = {**BARE, "assurance": "signed_in", "inline_actions": ["approve"]}
    assert paths_of(body, rules=rules, relays_answers=True) == ["inline_actions"]
    nothing = asked({**body, "inline_actions": []}, rules=rules, relays_answers=True)
    assert nothing.content.inline_actions == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://agent.example.com/hook?run=1",
        "https://[2001:db8::1]:8443/",
        "http://localhost:8080/hook",
        "http://127.0.0.1/",
    ],
)
def test_a_creator_can_be_called_back(url):
    """HITL v0.8 §9 "Agent Request", §13.3."""
    question = asked({**BARE, "hitl_callback_url": url})
    assert (question.content.callback_url, question.case.calls_back) == (url, True)
    assert asked(BARE).case.calls_back is False


@pytest.mark.parametrize(
    "url",
    [
        "http://agent.example.com/hook",
        "https://alice:secret@agent.example.com/hook",
        "ftp://agent.example.com/",
        "/hook",
        "https://",
        "https://a b/",
        "https://agent.example.com:99999/",
        "https://agent.example.com/" + "x" * 2_000,
        7,
    ],
)
def test_a_callback_goes_to_a_safe_address(url):
    assert paths_of({**BARE, "hitl_callback_url": url}) == ["hitl_callback_url"]


def test_only_a_creator_with_a_key_is_called_back():
    with pytest.raises(UnsupportedField):
        asked({**BARE, "hitl_callback_url": "https://agent.example.com/hook"}, agent_id=None)


def test_silence_approves_only_where_the_operator_allows_it():
    body = {**BARE, "default_action": "approve"}
    with pytest.raises(PolicyRefused):
        asked(body)
    assert asked(body, allow_default_approve=True).case.default_action is DefaultAction.APPROVE


@pytest.mark.parametrize("mode", ["required", "step_up"])
def test_silence_never_approves_what_needs_evidence(mode):
    """HITL v0.8 §7.6: or whoever asks need only wait."""
    body = {**BARE, "default_action": "approve", "verification_policy": {**RAW, "mode": mode}}
    with pytest.raises(PolicyRefused, match="Silence"):
        asked(body, allow_default_approve=True, providers=PROVIDERS)
    optional = {**body, "verification_policy": {**RAW, "mode": "optional"}}
    assert asked(optional, allow_default_approve=True, providers=PROVIDERS).content.policy is not None


def test_inline_actions_are_for_those_who_relay_answers():
    """HITL v0.8 §7.5; whoever asks cannot answer."""
    with pytest.raises(PolicyRefused):
        asked({**BARE, "inline_actions": ["approve"]})
    assert asked({**BARE, "inline_actions": []}, relays_answers=True).content.inline_actions == ()
    custom = {"type": "x-a", "prompt": "P", "inline_actions": ["submit"]}
    assert asked(custom, relays_answers=True).content.inline_actions == ("submit",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON),
    st.sampled_from(["approval", "selection", "input", "confirmation", "escalation", "x-a"]),
)
def test_any_json_is_a_question_or_a_refusal(fields, review_type):
    with suppress(CallerError):
        assert asked({"prompt": "P", **fields, "type": review_type}).case.type == review_type


PARTS = ("artifact", "consequences", "diff", "error", "facts", "form", "items", "links", "max", "min")
OTHER_PARTS = ("options", "params", "partial", "retry_options", "risk", "risk_assessment", "risk_tier")


@given(st.sampled_from(PARTS + OTHER_PARTS), JSON)
def test_any_context_is_read_or_refused(name, value):
    for review_type in ("approval", "selection", "input", "confirmation", "escalation"):
        with suppress(CallerError):
            asked({"type": review_type, "prompt": "P", "context": {name: value}})


def test_who_asks_is_part_of_the_content():
    assert asked(BARE, agent_name="bob's agent").content.agent == "bob's agent"
    assert asking().demo is False


def test_a_policy_is_read_with_the_case_and_given_its_challenge():
    """HITL v0.8 §7.6."""
    given = asked({**BARE, "verification_policy": RAW}, providers=PROVIDERS, challenge="ours").content
    assert given.policy == replace(read_policy(RAW), challenge="ours")
    assert asked(BARE).content.policy is None


def test_a_policy_is_read_even_if_the_deadline_cannot_be():
    until = {**RAW, "binding": {**RAW["binding"], "expires_at": "2026-02-28T10:00:00Z"}}
    wrong = {**BARE, "timeout": "1y", "verification_policy": until}
    assert paths_of(wrong, providers=PROVIDERS) == ["timeout", "verification_policy.binding.expires_at"]
