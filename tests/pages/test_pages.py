"""The pages beside the main one, and what became of a case."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from openhitl.protocol.case import Actor, ActorKind, Status, SubmittedBy
from openhitl.protocol.lifecycle import CANCEL_REASONS
from openhitl.protocol.receipts import LogPlace
from openhitl.review.pages import Problems, render_error, render_review
from openhitl.store.records import Draft
from tests.pages.leaves import page_text
from tests.pages.samples import LETTER, NOW, answered, ended, made, sample, view


def test_rejecting_asks_why_on_a_page_of_its_own() -> None:
    html = render_review(view(sample("approval"), query={"view": "reject"})).html
    assert 'name="feedback"' in html
    assert ">Reject deployment</button>" in html


@pytest.mark.parametrize("action", ["skip", "abort"])
def test_skipping_and_aborting_ask_why(action: str) -> None:
    html = render_review(view(sample("escalation"), query={"view": action})).html
    assert 'name="reason"' in html
    assert f'name="action" value="{action}"' in html


@pytest.mark.parametrize("name", ["approval", "selection", "confirmation", "escalation", "form", "wizard"])
def test_every_case_can_be_given_back_with_a_reason(name: str) -> None:
    assert "view=cancel" in render_review(view(sample(name))).html
    html = render_review(view(sample(name), query={"view": "cancel"})).html
    assert f'action="/reviews/review_{name}_7f3k/cancel?token=' in html


def test_an_artifact_that_is_only_text_is_compared_as_any_other() -> None:
    before, after = (
        made("approval", "Go?", {"artifact": "a\nb"}),
        made("approval", "Go?", {"artifact": "a\nc"}),
    )
    assert "Changed 1 of 2" in page_text(render_review(view(after, rounds=[before])).html)
    edited = answered(before, "edit", {"edits": {"content": "a\nd"}})
    assert "Changed 1 of 2" in page_text(render_review(view(edited)).html)


def test_edits_are_shown_as_a_diff_before_they_are_sent() -> None:
    draft = Draft(values={"content": LETTER.replace("five", "six")}, version=1, saved_at=NOW)
    html = render_review(view(sample("letter"), query={"view": "edits"}, draft=draft)).html
    assert "Changed 1 of" in page_text(html)
    assert "<del>five</del>" in html
    assert "<ins>six</ins>" in html
    assert ">Approve with my edits</button>" in html


def test_unchanged_text_cannot_be_sent_as_an_edit() -> None:
    html = render_review(view(sample("letter"), query={"view": "edits"})).html
    assert 'value="edit"' not in html


def test_a_text_that_begins_with_a_line_feed_survives_its_textarea() -> None:
    stored = made("approval", "Go?", {"artifact": {"content": "\n\nindented", "format": "text"}})
    html = render_review(view(stored, query={"view": "edit"})).html
    assert ">\n\n\nindented</textarea>" in html


def test_changes_since_the_last_round_come_first() -> None:
    previous = sample("letter", artifact={"title": "x", "content": LETTER.replace("five", "four")})
    html = render_review(view(sample("letter"), rounds=[previous])).html
    assert 'id="tab-changes" checked' in html
    assert "Changed 1 of" in page_text(html)


def test_high_risk_takes_a_second_page() -> None:
    risky = sample("approval", risk={"level": "high"})
    html = render_review(view(risky)).html
    assert 'value="approve"' not in html
    assert "view=sure" in html
    assert 'value="approve"' in render_review(view(risky, query={"view": "sure"})).html


def test_a_risky_confirmation_carries_what_was_ticked_to_its_second_page() -> None:
    draft = Draft(values={"confirmed_items": ["email_002"], "note": "Go"}, version=1, saved_at=NOW)
    risky = sample("confirmation", risk={"level": "high"})
    html = render_review(view(risky, query={"view": "sure"}, draft=draft)).html
    assert '<input type="hidden" name="confirmed_items" value="email_002">' in html
    assert "email_001" not in html.split("Everything you decide about")[0]


def test_a_button_never_counts_items_that_are_not_ticked() -> None:
    html = render_review(view(sample("confirmation"))).html
    assert ">Confirm</button>" in html
    risky = sample("confirmation", risk={"level": "high"})
    for ticked, label in ((["email_002"], "Confirm 1 item"), (["email_001", "email_003"], "Confirm 2 items")):
        draft = Draft(values={"confirmed_items": ticked}, version=1, saved_at=NOW)
        assert f">{label}</button>" in render_review(view(risky, query={"view": "sure"}, draft=draft)).html
    whole = render_review(view(sample("confirmation", partial=False))).html
    assert ">Confirm sending 3 emails</button>" in whole


def test_ticks_are_drawn_only_where_a_part_may_be_confirmed() -> None:
    assert 'name="confirmed_items"' in render_review(view(sample("confirmation"))).html
    assert 'name="confirmed_items"' not in render_review(view(sample("confirmation", partial=False))).html


def test_one_of_several_is_chosen_with_radio_buttons() -> None:
    assert 'type="radio" name="selected"' in render_review(view(sample("selection", max=1))).html
    assert 'type="checkbox" name="selected"' in render_review(view(sample("selection"))).html


@pytest.mark.parametrize(
    ("bounds", "rule"),
    [
        ({"min": 1, "max": 1}, "Choose one."),
        ({"min": 2, "max": 2}, "Choose 2."),
        ({"min": 2, "max": 3}, "Choose at least 2."),
        ({"min": 0, "max": 2}, "Choose up to 2."),
        ({"min": 1, "max": 3}, "Choose one or more."),
        ({"min": 0, "max": 3}, "Choose any number."),
    ],
)
def test_how_many_to_choose_is_said(bounds: dict[str, int], rule: str) -> None:
    html = render_review(view(sample("selection", **bounds))).html
    assert rule in page_text(html)
    assert ("None of these" in html) is (bounds["min"] == 0)


def test_what_was_ticked_survives_a_refused_post() -> None:
    problems = Problems(
        errors=[{"path": "data.selected", "code": "wrong_count", "message": "choose 0 to 2"}],
        pairs=[("selected", "job_002"), ("note", "mine")],
    )
    page = render_review(view(sample("selection"), problems=problems))
    assert page.status == 422
    assert re.findall(r'value="(job_\d+)"[^>]* checked', page.html) == ["job_002"]
    assert "mine</textarea>" in page.html
    assert '<a href="#choice-1"><bdi>Choose up to 2.</bdi></a>' in page.html


def test_changed_parameters_are_listed_before_the_retry() -> None:
    draft = Draft(values={"params": {"strategy": "canary", "timeout": "300"}}, version=1, saved_at=NOW)
    html = render_review(view(sample("escalation"), query={"view": "retry"}, draft=draft)).html
    text = page_text(html)
    assert "You changed 2 parameters" in text
    assert "Strategy rolling → canary" in text
    assert "Timeout (seconds) 120 → 300" in text
    assert ">Retry with 2 changes</button>" in html


def test_an_answered_case_says_what_who_when_and_where_in_labels() -> None:
    data = {"selected": ["job_001"], "note": "This one."}
    text = page_text(render_review(view(answered(sample("selection"), "select", data, name="Bob"))).html)
    assert "Choice made Answered 15:00 today (UTC) · by Bob · on this page" in text
    assert "Chosen Staff Frontend Developer" in text
    assert "Note This one." in text


@pytest.mark.parametrize(
    ("surface", "said"),
    [
        ("page", "on this page"),
        ("inbox", "in the inbox"),
        ("notification", "in a notification"),
        ("terminal", "in a terminal"),
    ],
)
def test_an_answer_says_where_it_was_given(surface: str, said: str) -> None:
    actor = Actor(kind=ActorKind.PERSON, id="person:1", surface=surface, name="Bob")
    place = LogPlace(position=1, hash=b"", generation=0, actor=actor)
    stored = replace(answered(sample("approval"), "approve", {}, name="Bob"), place=place)
    assert f"by Bob · {said} " in page_text(render_review(view(stored)).html)
    proven = answered(stored, "approve", {}, name="Bob", verification={"satisfied": True})
    assert f"by Bob · {said}, with a passkey " in page_text(render_review(view(proven)).html)


def test_an_inline_answer_names_the_person_and_the_program() -> None:
    by = SubmittedBy(platform="telegram", platform_user_id="42", display_name="Bob")
    stored = answered(sample("approval"), "approve", {}, mode="inline_submit", submitted_by=by)
    text = page_text(render_review(view(stored)).html)
    assert "by Bob · through telegram" in text


def test_secrets_of_an_answer_are_masked() -> None:
    stored = answered(sample("wizard"), "submit", {"tax_id": "DE1"}, sensitive=frozenset({"tax_id"}))
    text = page_text(render_review(view(stored)).html)
    assert "Tax number •••••• (kept secret)" in text
    assert "DE1" not in text


def test_an_expired_case_says_what_the_agent_was_told() -> None:
    text = page_text(render_review(view(ended(sample("approval"), Status.EXPIRED))).html)
    assert "Expired The deadline was 19:00 today (UTC)." in text
    assert "this was rejected automatically" in text


def test_a_deadline_that_nobody_noticed_counts_all_the_same() -> None:
    html = render_review(view(made("approval", "Go?", {}, expires_at=NOW))).html
    assert "Expired" in page_text(html)
    assert "<button" not in html


def test_a_cancelled_case_says_why() -> None:
    stored = ended(sample("form"), Status.CANCELLED, reason="Not for me.")
    text = page_text(render_review(view(stored)).html)
    assert "Closed without an answer" in text
    assert "Reason Not for me." in text


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("agent:1", "· by the agent"),
        ("service:2", "· by the agent"),
        ("demo", "· by the agent"),
        ("link:review_form_7f3k:0", "· by whoever held this link"),
    ],
)
def test_a_cancelled_case_says_who_ended_it(by: str, said: str) -> None:
    stored = ended(sample("form"), Status.CANCELLED, by=by)
    assert f"Cancelled 16:00 today (UTC) {said}" in page_text(render_review(view(stored)).html)


@pytest.mark.parametrize("reason", CANCEL_REASONS.values())
def test_a_reason_in_nobodys_words_is_not_repeated(reason: str) -> None:
    stored = ended(sample("form"), Status.CANCELLED, reason=reason)
    assert reason not in page_text(render_review(view(stored)).html)


def test_what_was_typed_too_late_is_shown_without_secrets() -> None:
    problems = Problems(pairs=[("f.full_name", "Bob"), ("f.tax_id", "DE1"), ("submission_id", "s")])
    stored = ended(sample("wizard"), Status.EXPIRED)
    html = render_review(view(stored, problems=problems)).html
    text = page_text(html)
    assert "Full legal name Bob" in text
    assert "DE1" not in text


@pytest.mark.parametrize("status", [401, 404, 422, 429, 500])
@pytest.mark.parametrize("language", ["en", "de"])
def test_requests_that_reach_no_case_get_a_page(status: int, language: str) -> None:
    page = render_error("some_code", status, language)
    assert page.status == status
    assert f'<html lang="{language}"' in page.html


def test_links_and_actions_stay_below_the_servers_path() -> None:
    html = render_review(view(sample("approval"), base="/hitl")).html
    assert 'action="/hitl/reviews/review_approval_7f3k/respond?token=' in html
    assert 'href="/hitl/static/page.' in html


def test_only_a_pending_case_reports_that_it_was_opened() -> None:
    assert "data-opened" in render_review(view(sample("approval"))).html
    assert "data-opened" not in render_review(view(answered(sample("approval"), "approve", {}))).html
