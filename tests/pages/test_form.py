"""Forms and wizards: controls, steps, checking the answers. HITL v0.8 §10.3."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from openhitl.review.pages import Problems, render_review
from openhitl.store.records import Draft
from tests.pages.leaves import page_text
from tests.pages.samples import LONG_LIST, NOW, made, sample, view


def drawn(field: dict[str, Any], **more: Any) -> str:
    """Draw a page with one field."""
    given = {"key": "it", "label": "It", **field}
    return render_review(view(made("input", "Tell us", {"form": {"fields": [given]}}), **more)).html


def draft(**values: Any) -> Draft:
    return Draft(values=values, version=3, saved_at=NOW)


OPTIONS = [{"value": f"v{number}", "label": f"L{number}"} for number in range(7)]


@pytest.mark.parametrize(
    ("field", "control"),
    [
        ({"type": "text"}, '<input type="text" id="f-it" name="f.it"'),
        ({"type": "textarea"}, '<textarea id="f-it" name="f.it"'),
        ({"type": "number"}, '<input type="text" inputmode="decimal" id="f-it"'),
        ({"type": "range", "validation": {"min": 1, "max": 9}}, 'type="range" min="1" max="9"'),
        ({"type": "date"}, '<input type="date" id="f-it"'),
        ({"type": "email"}, '<input type="email" id="f-it"'),
        ({"type": "url"}, '<input type="url" id="f-it"'),
        ({"type": "boolean"}, '<input type="checkbox" name="f.it" value="true" id="f-it"'),
        ({"type": "boolean", "required": True}, '<input type="radio" name="f.it" value="false"'),
        ({"type": "select", "options": OPTIONS[:6]}, '<input type="radio" name="f.it" value="v0"'),
        ({"type": "select", "options": OPTIONS}, '<select id="f-it" name="f.it"'),
        ({"type": "multiselect", "options": OPTIONS}, '<input type="checkbox" name="f.it" value="v6"'),
        ({"type": "text", "sensitive": True}, '<input type="password" id="f-it"'),
        ({"type": "x-colour"}, '<input type="text" id="f-it"'),
    ],
)
def test_each_field_type_has_its_control(field: dict[str, Any], control: str) -> None:
    assert control in drawn(field)


def test_a_long_list_has_a_box_that_narrows_it_down_and_a_short_one_has_none() -> None:
    html = drawn(LONG_LIST)
    assert 'data-narrows="f-country"' in html
    assert html.count('value="c40"') == 1
    assert "data-narrows" not in drawn({**LONG_LIST, "options": LONG_LIST["options"][:30]})


def test_the_enter_key_presses_what_goes_on_and_never_what_goes_back() -> None:
    html = render_review(view(sample("wizard"), query={"step": "2"})).html
    buttons = re.findall(r'<button[^>]* name="go" value="([^"]+)"', html)
    assert buttons == ["check", "back", "check"]


def test_a_custom_field_type_says_that_words_are_expected() -> None:
    assert "asked for a “x-colour” field" in page_text(drawn({"type": "x-colour"}))


def test_a_date_field_carries_its_bounds() -> None:
    html = drawn({"type": "date", "validation": {"min": "2026-01-01", "max": "2026-12-31"}})
    assert 'min="2026-01-01" max="2026-12-31"' in html


def test_a_range_without_a_value_says_that_it_is_not_set() -> None:
    assert "not set" in page_text(drawn({"type": "range", "validation": {"min": 1, "max": 9}}))


def test_nothing_is_preselected_without_a_default() -> None:
    html = drawn({"type": "select", "options": OPTIONS})
    assert " selected" not in html
    assert " checked" not in drawn({"type": "select", "options": OPTIONS[:3]})


def test_drafted_values_come_back() -> None:
    assert 'value="typed before"' in drawn({"type": "text"}, draft=draft(it="typed before"))


def test_an_emptied_field_does_not_fall_back_to_its_default() -> None:
    assert 'value="given"' not in drawn({"type": "text", "default": "given"}, draft=draft(it=None))


def test_secrets_are_never_echoed_but_their_keeping_is_said() -> None:
    html = drawn({"type": "text", "sensitive": True}, carried={"it": "hunter2"})
    assert "hunter2" not in html
    assert "Your earlier entry is kept" in page_text(html)
    assert 'name="forget" value="it"' in html


def test_a_form_with_secrets_goes_by_way_of_the_check_page() -> None:
    assert 'name="go" value="check"' in drawn({"type": "text", "sensitive": True})
    assert 'name="action" value="submit"' in drawn({"type": "text"})


def test_a_stored_value_can_be_fetched_with_and_without_script() -> None:
    field = {"type": "text", "default_ref": "https://example.com/prefill"}
    html = drawn(field)
    assert 'value="prefill:it"' in html
    assert re.search(r'data-prefill="/review/review_sample_7f3k/prefill/it\?token=', html)
    assert 'value="from the store"' in drawn(field, prefills={"it": "from the store"})


def test_errors_are_said_at_the_top_and_at_the_field_with_what_was_typed() -> None:
    page = render_review(
        view(sample("form"), problems=Problems(pairs=[("f.salary", "lots"), ("f.permit", "blue_card")]))
    )
    assert page.status == 422
    text = page_text(page.html)
    assert "There is a problem" in text
    assert '<a href="#f-salary"><bdi>Salary expectation (EUR a year): Enter a number.</bdi></a>' in page.html
    assert '<a href="#f-start"><bdi>Earliest start: This is required.</bdi></a>' in page.html
    assert 'value="lots"' in page.html
    assert 'value="blue_card" id="f-permit-2" checked' in page.html
    assert 'aria-invalid="true"' in page.html


def test_a_number_out_of_bounds_is_told_both() -> None:
    page = render_review(view(sample("form"), problems=Problems(pairs=[("f.salary", "5")])))
    assert "Enter a number from 20000 to 500000." in page_text(page.html)


def test_a_conditional_field_says_its_condition_and_gives_it_to_the_script() -> None:
    html = render_review(view(sample("form"))).html
    assert "Only if “Work permit” is EU Blue Card." in page_text(html)
    given = re.search(r'data-condition="([^"]+)"', html)
    assert given
    assert json.loads(given.group(1).replace("&#34;", '"')) == {
        "field": "permit",
        "operator": "eq",
        "value": "blue_card",
    }


def test_a_field_ruled_out_by_an_earlier_step_is_not_on_the_page() -> None:
    steps = [
        {"title": "One", "fields": [{"key": "has", "label": "Has", "type": "boolean"}]},
        {
            "title": "Two",
            "fields": [
                {
                    "key": "more",
                    "label": "More about it",
                    "type": "text",
                    "conditional": {"field": "has", "operator": "eq", "value": True},
                }
            ],
        },
    ]
    stored = made("input", "Tell us", {"form": {"steps": steps}})
    second = {"query": {"step": "2"}}
    assert "More about it" not in page_text(
        render_review(view(stored, draft=draft(has=False), **second)).html
    )
    assert "More about it" in page_text(render_review(view(stored, draft=draft(has=True), **second)).html)


def test_a_wizard_shows_one_step_and_where_it_is() -> None:
    text = page_text(render_review(view(sample("wizard"), query={"step": "2"})).html)
    assert "Step 2 of 3" in text
    assert "Work preferences" in text
    assert "Full legal name" not in text


@pytest.mark.parametrize("step", ["0", "-1", "99", "x", "²"])
def test_a_step_that_does_not_exist_is_no_error(step: str) -> None:
    assert render_review(view(sample("wizard"), query={"step": step})).status == 200


def test_an_empty_last_step_is_where_answers_are_checked() -> None:
    filled = draft(full_name="Alice Adams", email="alice@example.com", employment="contract", hourly_rate=95)
    html = render_review(
        view(sample("wizard"), query={"step": "3"}, draft=filled, carried={"tax_id": "DE1"})
    ).html
    text = page_text(html)
    assert "Review and submit" in text
    assert "Employment type Project-based contract" in text
    assert "Tax number •••••• (kept secret)" in text
    assert "DE1" not in text
    assert "Annual salary" not in text
    assert "step=2#f-hourly_rate" in html
    assert 'name="action" value="submit"' in html


def test_a_wizard_without_a_summary_step_gets_a_page_to_check() -> None:
    steps = [{"title": "One", "fields": [{"key": "it", "label": "It", "type": "text"}]}]
    stored = made("input", "Tell us", {"form": {"steps": steps}})
    assert 'name="go" value="check"' in render_review(view(stored)).html
    html = render_review(view(stored, query={"view": "check"}, draft=draft(it="this"))).html
    assert "Check your answers" in page_text(html)


def test_what_is_missing_is_listed_on_the_check_page() -> None:
    page = render_review(view(sample("wizard"), query={"view": "check"}, problems=Problems()))
    assert page.status == 422
    assert '<a href="#row-email"><bdi>Email address: This is required.</bdi></a>' in page.html


def test_a_custom_type_without_a_form_is_answered_in_words() -> None:
    html = render_review(view(made("x-poll", "What do you think?", {}))).html
    assert 'name="f.answer"' in html
