"""Escalation: something went wrong; retry, perhaps differently, skip or abort. HITL v0.8 §10.5."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from openhitl.protocol.context import Context
from openhitl.protocol.record import record
from openhitl.protocol.tree import Node, humanise, read
from openhitl.review.pages.controls import PREFIX, Control, Filling, control_of, field_pairs
from openhitl.review.pages.field_errors import say_errors
from openhitl.review.pages.frame import frame_of
from openhitl.review.pages.params import changed_params, param_errors, params_form
from openhitl.review.pages.problems import Problem, problem_list, typed
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.suggestions import (
    NAME,
    Suggestion,
    drafted_suggestion,
    present_texts,
    suggestions_of,
)
from openhitl.review.pages.view import Page
from openhitl.review.pages.zone import is_complete, is_drawable, zone_of


@record(frozen=True, slots=True, kw_only=True)
class FailureView:
    """What went wrong: a title and a sentence, more to know, and the log drawn closed."""

    title: str
    summary: str
    facts: Sequence[Node]
    details: Sequence[Node]


@record(frozen=True, slots=True, kw_only=True)
class SuggestionsView:
    """The suggestions to choose from. `filled` is the one whose values the parameters hold already.

    `present` and the suggestions' `spelt` values tell the script what choosing one does.
    """

    all: Sequence[Suggestion]
    chosen: str
    filled: str
    present: str
    spelt: Mapping[str, str]

    @property
    def fill_parameters(self) -> bool:
        return any(suggestion.fills for suggestion in self.all)


def escalation_page(sheet: Sheet) -> Page:
    """Draw the page to decide on."""
    frame = frame_of(sheet)
    errors = _errors(sheet)
    suggestions = _suggestions(sheet, sheet.context) if sheet.context else None
    controls = _controls(sheet, sheet.context, errors) if sheet.context else []
    found = [
        Problem(f"{control.label}: {errors[control.key]}", f"f-{control.key}")
        for control in controls
        if control.key in errors
    ]
    return sheet.draw(
        "escalation.html",
        frame=frame,
        zone=zone_of(sheet),
        error=_failure(sheet, leave_out=(NAME,) if suggestions else ()),
        suggestions=suggestions,
        controls=controls,
        goes_to_retry=bool(controls or suggestions),
        can_decide=is_complete(sheet),
        is_high=bool(frame.risk and frame.risk.is_high),
        primary=sheet.words.gettext("Retry"),
        problems=found or problem_list(sheet),
    )


def retry_page(sheet: Sheet) -> Page:
    """Draw the page that lists what was changed before the retry is sent."""
    pairs = _param_pairs(sheet)
    changed = changed_params(sheet.context, pairs, sheet.words) if sheet.context else []
    text = sheet.words.ngettext("Retry with %(count)s change", "Retry with %(count)s changes", len(changed))
    return sheet.draw(
        "retry.html",
        frame=frame_of(sheet),
        changed=changed,
        kept=[(PREFIX + name, value) for name, value in pairs],
        typed=suggested_reason(sheet),
        primary=text % {"count": len(changed)} if changed else sheet.words.gettext("Retry"),
        problems=problem_list(sheet),
    )


def suggested_reason(sheet: Sheet) -> str:
    """Return the reason as last typed, or as the chosen suggestion words it."""
    suggestion = drafted_suggestion(sheet)
    return typed(sheet, "reason") if sheet.view.problems or suggestion is None else suggestion.reason


def _suggestions(sheet: Sheet, context: Context) -> SuggestionsView | None:
    found = suggestions_of(context)
    if not found:
        return None
    drafted = drafted_suggestion(sheet)
    before = drafted.number if drafted else ""
    return SuggestionsView(
        all=found,
        chosen=typed(sheet, "suggestion") if sheet.view.problems else before,
        filled=typed(sheet, "filled") if sheet.view.problems else before,
        present=json.dumps(present_texts(context)),
        spelt={suggestion.number: json.dumps(suggestion.fills) for suggestion in found},
    )


def _param_pairs(sheet: Sheet) -> list[tuple[str, str]]:
    """Return the parameters as last typed: in a refused post, or drafted before."""
    if sheet.view.problems:
        return field_pairs(sheet.view.problems.pairs)
    drafted = sheet.view.draft.values.get("params") if sheet.view.draft else None
    return [(str(name), str(value)) for name, value in drafted.items()] if isinstance(drafted, dict) else []


def _errors(sheet: Sheet) -> Mapping[str, str]:
    if sheet.context is None or sheet.view.problems is None:
        return {}
    form = params_form(sheet.context)
    return say_errors(form, param_errors(form, _param_pairs(sheet)), sheet.words)


def _controls(sheet: Sheet, context: Context, errors: Mapping[str, str]) -> list[Control]:
    form = params_form(context)
    present = {field.key: field.default for field in form.fields}
    values = {**present, **form.from_text(_param_pairs(sheet))}
    filling = Filling(values=values, errors=errors)
    drawn = [control_of(sheet, field, filling, frozenset()) for field in form.fields]
    return [replace(control, required=False, filtered=False) for control in drawn]


def _failure(sheet: Sheet, *, leave_out: Sequence[str]) -> FailureView | None:
    failure = sheet.context.error if sheet.context else None
    if failure is None:
        return None
    if not is_drawable(sheet):
        return FailureView(title=failure.title, summary=failure.summary, facts=(), details=())
    details = read(failure.details) if failure.details is not None else None
    return FailureView(
        title=failure.title,
        summary=failure.summary,
        facts=[read(value, humanise(key)) for key, value in failure.rest.items() if key not in leave_out],
        details=() if details is None else details.children or (details,),
    )
