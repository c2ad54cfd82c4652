"""What the page of a later round says of those before it. HITL v0.8 §10.1, §15.3."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from openhitl.protocol.case import Status
from openhitl.review.pages import PageView, render_review
from openhitl.review.pages.rounds import MAX_CHANGES
from openhitl.store.records import StoredCase
from tests.pages.leaves import page_text
from tests.pages.samples import LETTER, LETTER_CONTEXT, answered, ended, made, sample, view


def text_of(stored: StoredCase, *rounds: StoredCase) -> str:
    return page_text(page_of(stored, *rounds))


def page_of(stored: StoredCase, *rounds: StoredCase) -> str:
    return render_review(seen(stored, *rounds)).html


def seen(stored: StoredCase, *rounds: StoredCase) -> PageView:
    """Lay a chain out, newest round first, each linked to the one before it."""
    chain = [stored, *rounds]
    linked = [following(one, earlier.case.case_id) for one, earlier in itertools.pairwise(chain)] + chain[-1:]
    return view(linked[0], rounds=linked[1:])


def following(stored: StoredCase, previous_case_id: str) -> StoredCase:
    return replace(stored, case=replace(stored.case, previous_case_id=previous_case_id))


def letter(number: int = 1, **artifact: Any) -> StoredCase:
    context = {"artifact": {**LETTER_CONTEXT["artifact"], **artifact}}
    return sample("letter", case_id=f"review_round_{number:04d}", **context)


SIX = LETTER.replace("five", "six")
SEVEN = LETTER.replace("five", "seven")


@pytest.mark.parametrize(
    ("action", "data", "said"),
    [
        ("edit", {"feedback": "Less formal."}, "Changes requested ref 0001 · 15:00 today (UTC) Less formal."),
        (
            "reject",
            {"feedback": "Not on a Friday."},
            "Rejected ref 0001 · 15:00 today (UTC) Not on a Friday.",
        ),
        ("approve", {"feedback": "Great."}, "Approved ref 0001 · 15:00 today (UTC) Great."),
        ("edit", {"edits": {"content": SIX}, "feedback": "My name."}, "Approved with edits ref 0001"),
    ],
)
def test_the_last_round_is_told_as_it_ended(action: str, data: dict[str, Any], said: str) -> None:
    text = text_of(letter(2), answered(letter(1), action, data))
    assert f"This is round 2. What was answered last: {said}" in text


def test_edits_that_are_no_text_say_what_to_change() -> None:
    """HITL v0.8 §15.3, first review."""
    edits = {"title": "Scaling with care", "sections_to_revise": ["intro", "end"], "size": {"words": 90}}
    before = answered(letter(1), "edit", {"feedback": "Too long.", "edits": edits})
    said = 'Too long. Edits Title: Scaling with care; Sections to revise: intro, end; Size: {"words":90}'
    assert said in text_of(letter(2), before)
    assert "Changes requested" in page_text(render_review(view(before)).html)


def test_what_people_wrote_on_other_types_is_told_too() -> None:
    chosen = answered(sample("selection"), "select", {"selected": ["job_001"], "note": "Only remote."})
    text = text_of(sample("confirmation", case_id="review_next"), chosen)
    assert "Choice made ref 7F3K" in text
    assert "Only remote. Chosen Staff Frontend Developer" in text
    reason = answered(sample("escalation"), "skip", {"reason": "Known flake."})
    assert "Skipped ref 7F3K · 15:00 today (UTC) Known flake." in text_of(sample("approval"), reason)


def test_a_form_of_the_last_round_keeps_its_answers_to_itself() -> None:
    """HITL v0.8 §13.6: this page may be for other eyes; §10.3.1 "sensitive"."""
    fields = [{"key": key, "label": key, "type": "text"} for key in ("pay", "note")]
    form = made("input", "Your terms?", {"form": {"fields": fields}})
    custom = made("x-terms", "Your terms?", {})
    for stored in (form, custom):
        filled = answered(stored, "submit", {"pay": "98765", "note": "Call me at noon."})
        text = text_of(sample("approval"), filled)
        assert "Answers sent ref 7F3K" in text
        assert "98765" not in text
        assert "Call me at noon." not in text


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (ended(letter(1), Status.CANCELLED, reason="Wrong letter."), "Closed without an answer ref 0001"),
        (ended(letter(1), Status.EXPIRED), "Expired ref 0001"),
        (letter(1), "Not answered yet ref 0001"),
    ],
)
def test_a_round_without_an_answer_is_told_as_such(before: StoredCase, said: str) -> None:
    text = text_of(letter(2, content=SIX), before)
    assert f"This is round 2. The round before: {said}" in text
    assert "Compared with ref 0001." in text
    assert ("Wrong letter." in text) == (before.case.status is Status.CANCELLED)


def test_a_withdrawn_round_does_not_hide_what_was_answered_before_it() -> None:
    asked = answered(letter(1), "edit", {"feedback": "Six, not five."})
    withdrawn = ended(letter(2, content=SEVEN), Status.CANCELLED, reason="A typo.", by="agent:1")
    text = text_of(letter(3, content=SIX), withdrawn, asked)
    assert "This is round 3. What was answered last: Changes requested ref 0001" in text
    assert "Compared with ref 0001. Changed 1 of" in text
    assert "seven" not in text
    assert "1 more round before this Closed without an answer ref 0002" in text
    assert "A typo." in text


def test_all_rounds_of_a_chain_are_told_the_last_first() -> None:
    earlier = [answered(letter(n), "edit", {"feedback": f"Feedback {n}."}) for n in (3, 2, 1)]
    text = text_of(letter(4), *earlier)
    assert "This is round 4." in text
    assert "2 more rounds before this" in text
    assert text.index("Feedback 3.") < text.index("Feedback 2.") < text.index("Feedback 1.")


def test_rounds_that_are_not_kept_are_not_counted() -> None:
    """HITL v0.8 §13.6: their retention is over."""
    oldest = following(answered(letter(2), "edit", {"feedback": "Shorter."}), "review_round_0001")
    text = page_text(render_review(view(following(letter(3), "review_round_0002"), rounds=[oldest])).html)
    assert "What was answered last: Changes requested ref 0002" in text
    assert "This is round" not in text
    alone = page_text(render_review(view(following(letter(3), "review_round_0002"))).html)
    assert "This follows on ref 0002, which is no longer kept." in alone


def test_an_edit_in_place_is_what_the_next_round_is_compared_with() -> None:
    edited = answered(letter(1), "edit", {"edits": {"content": SIX.replace("\n", "\r\n")}})
    html = page_of(letter(2, content=SIX.replace("Alice\n", "Alice Adams\n")), edited)
    text = page_text(html)
    assert "Compared with ref 0001, as it was edited there. Changed 1 of" in text
    assert "<ins>six</ins>" not in html
    taken_over = text_of(letter(2, content=SIX), edited)
    assert "The text is the same as at the end of the last round." in taken_over


def test_json_that_was_edited_in_place_is_compared_as_json() -> None:
    before = letter(1, format="json", content={"image": "a", "replicas": 3})
    edits = {"content": {"replicas": 4, "image": "a"}, "why": "Load."}
    edited = answered(before, "edit", {"edits": edits})
    outcome = page_text(render_review(view(edited)).html)
    assert "Approved with edits" in outcome
    assert "Edits Why: Load." in outcome
    assert "Changed 1 of 4 lines" in outcome
    same = letter(2, format="json", content={"image": "a", "replicas": 4})
    assert "The text is the same as at the end of the last round." in text_of(same, edited)


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        (LETTER, LETTER, "The text is the same as at the end of the last round."),
        ("x\n" * 3_001, LETTER, "The text is too long to compare it with the last round."),
        ("x" * 400_001, LETTER, "The text is too long to compare it with the last round."),
    ],
)
def test_where_there_is_no_difference_to_show_the_text_itself_is(before: str, after: str, note: str) -> None:
    html = page_of(letter(2, content=after), answered(letter(1, content=before), "edit", {"feedback": "x"}))
    assert note in page_text(html)
    assert 'id="tab-preview" checked' in html
    assert "tab-changes" not in html


def test_the_order_of_json_members_is_no_change() -> None:
    before = letter(1, format="json", content={"image": "a", "replicas": 3, "tags": [{"k": 1, "v": 2}]})
    after = {"tags": [{"v": 2, "k": 1}, 5], "replicas": 4, "image": "a"}
    html = page_of(letter(2, format="json", content=after), answered(before, "edit", {"feedback": "x"}))
    text = page_text(html)
    assert "Changed 2 of 10 lines" in text or "Changed 3 of" in text
    same = letter(2, format="json", content={"replicas": 3, "tags": [{"v": 2, "k": 1}], "image": "a"})
    assert "The text is the same" in text_of(same, answered(before, "edit", {"feedback": "x"}))


def test_a_text_that_was_empty_before_is_all_new() -> None:
    html = page_of(letter(2, content="a\nb"), answered(letter(1, content=""), "edit", {"feedback": "x"}))
    assert "Compared with ref 0001. Changed 2 of 2 lines" in page_text(html)


@pytest.mark.parametrize("content", ["<p>b</p>", "def f(): pass", ["a", 1], "--- a\n+++ b\n-x\n+z"])
@pytest.mark.parametrize("format", ["html", "python", "json", "diff", "text"])
def test_artifacts_of_any_format_are_compared(format: str, content: Any) -> None:
    before = answered(letter(1, format=format, content="a"), "edit", {"feedback": "x"})
    html = page_of(letter(2, format=format, content=content), before)
    assert 'id="tab-changes" checked' in html
    assert "<p>b</p>" not in html


def test_other_changes_are_listed_with_what_was_before() -> None:
    context = {**LETTER_CONTEXT, "facts": {"to": "Contoso", "urgent": True}, "old": 1, "none": []}
    before = answered(made("approval", "Send it?", context), "edit", {"feedback": "x"})
    artifact = {**LETTER_CONTEXT["artifact"], "title": "Letter", "metadata": {"words": 37, "tone": "dry"}}
    facts = {"to": "Northwind", "urgent": True, "copy": None}
    now = {**LETTER_CONTEXT, "artifact": artifact, "facts": facts, "diff": "-a\n+b"}
    html = page_of(made("approval", "Send it now?", now), before)
    assert "<details open><summary>Other changes since ref 7F3K (7)</summary>" in html
    text = page_text(html)
    for said in (
        "Prompt: before: Send it? now: Send it now?",
        "Artifact › Title: before: Cover letter now: Letter",
        "Artifact › Metadata › Tone: before: friendly now: dry",
        "Facts › To: before: Contoso now: Northwind",
        "Facts › Copy: now: none",
        "Diff Old: before: 1",
    ):
        assert said in text
    assert "Urgent: " not in text


def test_a_context_cannot_hide_that_the_prompt_has_changed() -> None:
    context = {"prompt": "Send it?", "": "x"}
    before = answered(made("approval", "Send it?", context), "edit", {"feedback": "x"})
    text = text_of(made("approval", "Send everything?", context), before)
    assert "Other changes since ref 7F3K (1) Prompt: before: Send it? now: Send everything?" in text


def test_items_are_compared_by_what_identifies_them() -> None:
    before = answered(sample("selection"), "select", {"selected": []})
    items = before.content.context["items"]
    moved = sample("selection", items=items[::-1], case_id="review_next")
    assert "Other changes" not in text_of(moved, before)
    dearer = [{**items[0], "description": "Another."}, *items[1:]]
    said = "Items › Job 001 › Description: before: Own the design system of a bank that people like."
    assert said in text_of(sample("selection", items=dearer, case_id="review_next"), before)
    fewer = text_of(sample("selection", items=[{"title": "A"}, {"title": "B"}]), before)
    assert "Items › 1 › Title: now: A" in fewer


def test_other_types_and_heavy_contexts_are_not_compared() -> None:
    before = answered(sample("selection"), "select", {"selected": []})
    assert "Other changes" not in text_of(sample("confirmation"), before)
    heavy = answered(sample("letter", rest=[1] * 7_000), "edit", {"feedback": "x"})
    assert "Other changes" not in text_of(letter(2), heavy)


def test_more_changes_than_fit_are_counted() -> None:
    before = answered(made("approval", "Go?", {}), "edit", {"feedback": "x"})
    html = page_of(made("approval", "Go?", {f"k{n}": n for n in range(MAX_CHANGES + 5)}), before)
    assert f"Other changes since ref 7F3K ({MAX_CHANGES + 5})" in page_text(html)
    assert html.count("<ins>") == MAX_CHANGES


def test_an_answered_round_says_what_comes_next() -> None:
    """HITL v0.8 §15.3: the next round has a URL of its own."""
    asked = answered(letter(1), "edit", {"feedback": "x"})
    assert "The next version comes with a link of its own." in page_text(render_review(view(asked)).html)
    for action, data in (("approve", {}), ("edit", {"edits": {"content": SIX}})):
        html = render_review(view(answered(letter(1), action, data))).html
        assert "The next version" not in page_text(html)
    follow_up = replace(asked, case=replace(asked.case, next_case_id="review_round_0002"))
    text = page_text(render_review(view(follow_up)).html)
    assert "The agent has asked again about this: look for ref 0002." in text


def test_an_open_round_says_that_the_agent_has_asked_again() -> None:
    stored = letter(1)
    again = replace(stored, case=replace(stored.case, next_case_id="review_round_0002"))
    assert "The agent has asked again about this: look for ref 0002." in text_of(again)


def test_what_an_agent_wrote_stays_in_the_agents_zone() -> None:
    before = answered(sample("approval"), "edit", {"feedback": "x"})
    html = page_of(sample("approval", verified_by="Security team", case_id="review_next"), before)
    assert html.index("Written by the agent") < html.index("Other changes since") < html.index("Verified by")
