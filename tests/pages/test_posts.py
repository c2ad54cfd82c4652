"""HTML form posts become answers and drafts."""

from __future__ import annotations

from typing import Any

import pytest

from openhitl.errors import InvalidAction
from openhitl.protocol.answers import check_answer
from openhitl.protocol.context import Context
from openhitl.review.pages import decode_answer, decode_step, merge_draft, render_review
from openhitl.store.records import Draft, StoredCase
from tests.pages.samples import NOW, made, sample, view


def answer(stored: StoredCase, *pairs: tuple[str, str], **more: Any) -> tuple[str, dict[str, Any]]:
    """Decode a post and check that the protocol takes it."""
    action, data = decode_answer(view(stored, **more), pairs)
    content = stored.content
    checked = check_answer(content, Context.parse(content.type, content.context), action, data)
    return action, checked.data


def test_approving_says_nothing_else() -> None:
    posted = [("action", "approve"), ("feedback", "ignored"), ("submission_id", "s")]
    assert answer(sample("approval"), *posted) == ("approve", {})


def test_rejecting_may_say_why() -> None:
    assert answer(sample("approval"), ("action", "reject"), ("feedback", "No")) == (
        "reject",
        {"feedback": "No"},
    )
    assert answer(sample("approval"), ("action", "reject"), ("feedback", " ")) == ("reject", {})


def test_an_edit_in_place_keeps_its_own_line_ends() -> None:
    posted = [("action", "edit"), ("content", "one\r\ntwo"), ("feedback", "")]
    assert answer(sample("letter"), *posted) == ("edit", {"edits": {"content": "one\ntwo"}})


def test_selected_cards_are_sent_in_order_with_the_note() -> None:
    posted = [("action", "select"), ("selected", "job_001"), ("selected", "job_003"), ("note", "First!")]
    expected = {"selected": ["job_001", "job_003"], "note": "First!"}
    assert answer(sample("selection"), *posted) == ("select", expected)


def test_none_of_these_selects_nothing_whatever_is_ticked() -> None:
    assert answer(sample("selection"), ("none", "1"), ("selected", "job_001")) == ("select", {"selected": []})


def test_a_partial_confirmation_names_what_is_ticked_and_a_whole_one_everything() -> None:
    posted = [("action", "confirm"), ("confirmed_items", "email_002")]
    assert answer(sample("confirmation"), *posted)[1] == {"confirmed_items": ["email_002"]}
    whole = answer(sample("confirmation", partial=False), ("action", "confirm"))[1]
    assert whole == {"confirmed_items": ["email_001", "email_002", "email_003"]}


def test_not_confirming_names_no_items() -> None:
    posted = [("action", "cancel"), ("confirmed_items", "email_002"), ("note", "Too early")]
    assert answer(sample("confirmation"), *posted) == ("cancel", {"note": "Too early"})


def test_a_retry_sends_only_the_parameters_that_changed() -> None:
    posted = [("f.strategy", "canary"), ("f.timeout", "120"), ("f.dry_run", "false"), ("reason", "Slow")]
    expected = {"modified_params": {"strategy": "canary"}, "reason": "Slow"}
    assert answer(sample("escalation"), ("action", "retry"), *posted) == ("retry", expected)


def test_parameters_are_typed() -> None:
    posted = [("action", "retry"), ("f.timeout", "300"), ("f.dry_run", "true")]
    assert answer(sample("escalation"), *posted)[1] == {"modified_params": {"timeout": 300, "dry_run": True}}


def test_a_form_is_decoded_by_its_fields() -> None:
    posted = [
        ("f.salary", "95000,5"),
        ("f.start", "2026-05-01"),
        ("f.permit", "citizen"),
        ("f.visa_since", "x"),
    ]
    expected = {"salary": 95000.5, "start": "2026-05-01", "permit": "citizen", "relocate": False}
    assert answer(sample("form"), ("action", "submit"), *posted) == ("submit", expected)


def test_a_wizard_is_answered_from_its_draft_and_what_the_browser_carried() -> None:
    drafted = Draft(
        values={
            "full_name": "Bob",
            "email": "bob@example.com",
            "employment": "fulltime",
            "skills": ["mobile"],
        },
        version=1,
        saved_at=NOW,
    )
    data = answer(sample("wizard"), ("action", "submit"), draft=drafted, carried={"tax_id": "DE1"})[1]
    assert data == {**drafted.values, "tax_id": "DE1"}


def test_a_custom_type_without_a_form_is_answered_with_words() -> None:
    posted = [("action", "submit"), ("f.answer", "Fine")]
    assert answer(made("x-poll", "Well?", {}), *posted) == ("submit", {"answer": "Fine"})


def test_a_post_without_an_action_is_refused() -> None:
    with pytest.raises(InvalidAction):
        decode_answer(view(sample("approval")), [("feedback", "x")])


FIRST_STEP = [
    ("step", "1"),
    ("version", "4"),
    ("f.full_name", "Bob"),
    ("f.email", "bob@example.com"),
    ("f.tax_id", "DE1"),
]


def test_a_step_forward_keeps_values_and_hands_secrets_back() -> None:
    post = decode_step(view(sample("wizard")), [*FIRST_STEP, ("go", "2")])
    assert post.problems is None
    assert post.values == {"full_name": "Bob", "email": "bob@example.com", "site": None}
    assert post.sensitive == {"tax_id": "DE1"}
    assert (post.step, post.version, post.query) == (2, 4, {"step": "2"})


def test_a_step_forward_with_errors_is_refused_and_a_step_back_is_not() -> None:
    pairs = [("step", "2"), ("f.employment", "contract"), ("f.hourly_rate", "9500")]
    assert decode_step(view(sample("wizard")), [*pairs, ("go", "check")]).problems is not None
    back = decode_step(view(sample("wizard")), [*pairs, ("go", "back")])
    assert back.problems is None
    assert back.query == {"step": "1"}


def test_an_empty_secret_keeps_the_earlier_one_and_a_tick_forgets_it() -> None:
    pairs = [("step", "1"), ("go", "back"), ("f.tax_id", "")]
    carried = {"tax_id": "DE1"}
    assert decode_step(view(sample("wizard"), carried=carried), pairs).sensitive == carried
    forgotten = decode_step(view(sample("wizard"), carried=carried), [*pairs, ("forget", "tax_id")])
    assert forgotten.sensitive == {}


def test_earlier_steps_stay_in_the_draft() -> None:
    drafted = Draft(values={"full_name": "Bob"}, version=1, saved_at=NOW)
    pairs = [("step", "2"), ("go", "back"), ("f.employment", "fulltime")]
    values = decode_step(view(sample("wizard"), draft=drafted), pairs).values
    assert values["full_name"] == "Bob"
    assert values["employment"] == "fulltime"


def test_asking_for_a_stored_value_keeps_the_step_and_names_the_field() -> None:
    post = decode_step(view(sample("wizard")), [("step", "1"), ("go", "prefill:tax_id")])
    assert post.problems is None
    assert post.query == {"step": "1", "prefill": "tax_id"}


@pytest.mark.parametrize(
    ("name", "pairs", "values", "page"),
    [
        ("letter", [("go", "edits"), ("content", "a\r\nb")], {"content": "a\nb"}, "edits"),
        ("confirmation", [("go", "sure"), ("confirmed_items", "e")], {"confirmed_items": ["e"]}, "sure"),
        ("escalation", [("go", "retry"), ("f.timeout", "300")], {"params": {"timeout": "300"}}, "retry"),
    ],
)
def test_other_drafts_lead_to_the_page_that_shows_them(
    name: str, pairs: list[tuple[str, str]], values: dict[str, Any], page: str
) -> None:
    post = decode_step(view(sample(name)), pairs)
    assert (post.values, post.query, post.problems) == (values, {"view": page}, None)


def test_parameters_out_of_bounds_are_refused() -> None:
    assert (
        decode_step(view(sample("escalation")), [("go", "retry"), ("f.timeout", "9000")]).problems is not None
    )


def test_what_the_script_saves_is_merged_as_if_posted() -> None:
    drafted = Draft(values={"full_name": "Bob"}, version=1, saved_at=NOW)
    saved = {"employment": "contract", "hourly_rate": "95,5", "skills": ["mobile"], "annual_salary": ""}
    merged = merge_draft(view(sample("wizard"), draft=drafted), saved)
    assert merged == {
        "full_name": "Bob",
        "employment": "contract",
        "hourly_rate": 95.5,
        "skills": ["mobile"],
        "annual_salary": None,
    }
    assert merge_draft(view(sample("letter")), {"content": "x"}) == {"content": "x"}
    assert merge_draft(view(sample("form")), {"relocate": True})["relocate"] is True


def test_numbers_that_are_none_of_the_pages_are_passed_over() -> None:
    endless = "9" * 5_000
    post = decode_step(view(sample("wizard")), [("step", endless), ("version", endless), ("go", "back")])
    assert (post.step, post.version) == (1, None)
    page = render_review(view(sample("wizard"), query={"step": endless}))
    assert page.html == render_review(view(sample("wizard"), query={"step": "1"})).html
