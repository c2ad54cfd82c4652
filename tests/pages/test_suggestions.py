"""What an escalation suggests: choices that fill in parameters and words. HITL v0.8 §10.5."""

from __future__ import annotations

import re
from typing import Any

import pytest

from openhitl.review.pages import decode_step, render_review
from openhitl.store.records import Draft, StoredCase
from tests.pages.leaves import missing_leaves, page_text
from tests.pages.samples import ESCALATION, NOW, SUGGESTIONS, made, sample, view


def suggesting(*suggestions: Any) -> StoredCase:
    """Make an escalation with these suggestions."""
    return sample("escalation", error={**ESCALATION["error"], "suggested_actions": list(suggestions)})


def drafted(number: str, **params: str) -> Draft:
    return Draft(values={"params": params, "suggestion": number}, version=1, saved_at=NOW)


def params_after(stored: StoredCase, *pairs: tuple[str, str]) -> Any:
    """Post the retry button without script and return the parameters kept."""
    given = {"f.strategy": "rolling", "f.timeout": "120", "f.dry_run": "false", "filled": "", **dict(pairs)}
    post = decode_step(view(stored), [*given.items(), ("go", "retry")])
    assert post.problems is None
    return post.values["params"]


def test_every_suggestion_is_a_choice_and_everything_in_it_is_shown() -> None:
    stored = suggesting(*SUGGESTIONS)
    html = render_review(view(stored)).html
    assert missing_leaves(dict(stored.content.context), html) == []
    assert html.count('name="suggestion"') == len(SUGGESTIONS) + 1
    assert 'id="suggestion-none" data-fills="{}" checked' in html
    assert "Strategy canary Timeout (seconds) 300" in page_text(html)


def test_a_suggestion_whose_values_do_not_fit_says_so_and_fills_in_nothing() -> None:
    stored = suggesting({"label": "An hour", "params": {"timeout": 3600, "strategy": "canary"}})
    html = render_review(view(stored)).html
    assert "These values do not fit the parameters below" in page_text(html)
    assert params_after(stored, ("suggestion", "1")) == {
        "strategy": "rolling",
        "timeout": "120",
        "dry_run": "false",
    }


def test_numbers_in_a_text_are_never_taken_for_parameters() -> None:
    stored = suggesting("Increase the timeout from 120s to 300s")
    assert params_after(stored, ("suggestion", "1"))["timeout"] == "120"
    html = render_review(view(stored)).html
    assert "suggestions." not in html  # no script where there is nothing to fill in
    assert "What you choose becomes your note to the agent." in page_text(html)


def test_a_chosen_suggestion_fills_in_its_parameters_and_leaves_the_others_as_typed() -> None:
    params = params_after(suggesting(*SUGGESTIONS), ("suggestion", "1"), ("f.dry_run", "true"))
    assert params == {"strategy": "canary", "timeout": "300", "dry_run": "true"}
    assert params_after(suggesting(*SUGGESTIONS), ("suggestion", "2"))["dry_run"] == "true"


def test_what_was_changed_after_choosing_is_kept() -> None:
    chosen = [("suggestion", "1"), ("filled", "1"), ("f.strategy", "canary"), ("f.timeout", "240")]
    assert params_after(suggesting(*SUGGESTIONS), *chosen)["timeout"] == "240"


def test_another_choice_takes_back_what_the_first_had_filled_in() -> None:
    first = [("filled", "1"), ("f.strategy", "canary"), ("f.timeout", "240")]
    for number in ("", "4"):
        assert params_after(suggesting(*SUGGESTIONS), *first, ("suggestion", number)) == {
            "strategy": "rolling",
            "timeout": "240",
            "dry_run": "false",
        }


@pytest.mark.parametrize("page", ["retry", "skip", "abort"])
def test_the_chosen_suggestion_becomes_the_note_whatever_is_decided(page: str) -> None:
    stored = suggesting(*SUGGESTIONS, "Ask\u202e Bob")
    for number, note in (("1", "Retry with one pod first"), ("5", "Ask⟦U+202E⟧ Bob")):
        html = render_review(view(stored, query={"view": page}, draft=drafted(number))).html
        assert f"{note}</textarea>" in html
    post = decode_step(view(stored), [("suggestion", "4"), ("f.timeout", "9000"), ("go", page)])
    assert (post.problems is None) is (page != "retry")
    assert post.query == {"view": page}


def test_a_refused_post_comes_back_with_the_choice_and_its_values_filled_in() -> None:
    stored = suggesting({"label": "Canary", "params": {"strategy": "canary"}})
    post = decode_step(view(stored), [("suggestion", "1"), ("f.timeout", "9000"), ("go", "retry")])
    assert post.problems
    html = render_review(view(stored, problems=post.problems)).html
    assert 'name="filled" value="1"' in html
    assert 'value="canary" id="f-strategy-2" checked' in html
    assert 'value="9000"' in html
    assert "Enter a number from 120 to 600." in page_text(html)


def test_the_page_left_and_come_back_to_has_the_choice() -> None:
    stored = suggesting(*SUGGESTIONS)
    html = render_review(view(stored, draft=drafted("2", dry_run="true"))).html
    assert 'name="filled" value="2"' in html
    assert 'id="suggestion-2" data-fills="{&#34;dry_run&#34;: &#34;true&#34;}"' in html


@pytest.mark.parametrize(
    "given",
    [
        "Just retry",
        [],
        [7],
        [""],
        [{"label": "", "params": {}}],
        [{"params": {}}],
        [{"label": "x", "params": 1}],
    ],
)
def test_suggestions_that_cannot_be_read_are_shown_as_they_are(given: Any) -> None:
    stored = sample("escalation", error={"message": "It failed", "suggested_actions": given})
    html = render_review(view(stored)).html
    assert 'name="suggestion"' not in html
    assert "Suggested actions" in page_text(html)


def test_a_text_among_unreadable_ones_is_no_choice_either() -> None:
    html = render_review(view(suggesting("Retry", 7))).html
    assert 'name="suggestion"' not in html
    assert missing_leaves({"suggested_actions": ["Retry", 7]}, html) == []


def test_without_suggestions_skipping_and_aborting_are_links() -> None:
    html = render_review(view(sample("escalation", error="Out of disk"))).html
    assert re.findall(r'href="[^"]*view=(skip|abort)"', html) == ["abort", "skip"]


def test_suggestions_without_parameters_lead_to_the_page_with_the_note() -> None:
    stored = made(
        "escalation", "It failed", {"error": {"message": "Full", "suggested_actions": ["Clean up"]}}
    )
    html = render_review(view(stored)).html
    assert 'name="go" value="retry"' in html
    assert 'name="action" value="retry"' not in html
