"""HTML form posts decoded: answers and drafts. What they say is checked by `protocol.answers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openhitl.errors import DraftConflict, InvalidAction
from openhitl.protocol.case import Json
from openhitl.protocol.context import Context
from openhitl.protocol.fields import Field, is_empty
from openhitl.protocol.forms import Form
from openhitl.protocol.numbers import parse_whole
from openhitl.protocol.policies import SubmitPath
from openhitl.review.pages.controls import PREFIX, field_pairs
from openhitl.review.pages.params import modified_params, param_errors, params_form
from openhitl.review.pages.suggestions import fill, find_suggestion
from openhitl.review.pages.view import PageView, Pairs, Problems, StepPost
from openhitl.review.pages.wizard import Wizard, wizard_of


def decode_answer(view: PageView, pairs: Pairs) -> tuple[str, dict[str, Any]]:
    """Read an answer out of a form post of `respond`; the steps of a form come from the view's draft.

    Returns: action and data, not yet checked against the case.
    Raises: InvalidAction when the post names none.
    """
    action = "select" if _one(pairs, "none") else _one(pairs, "action")
    if not action:
        raise InvalidAction("The form names no action.")
    content = view.stored.content
    context = Context.parse(content.type, content.context, lenient=True)
    match content.type:
        case "approval":
            return action, _approval(action, pairs)
        case "selection":
            selected = [] if _one(pairs, "none") else _all(pairs, "selected")
            return action, {"selected": selected, **_optional(pairs, "note")}
        case "confirmation":
            return action, _confirmation(action, context, pairs)
        case "escalation":
            return action, _escalation(action, context, pairs)
        case _:
            return action, _form(context.form, pairs, view)


def check_seen(view: PageView, pairs: Pairs) -> None:
    """Check that a draft which becomes part of a proven answer is the one that the person has seen.

    Whoever holds the link can change a draft; who proves an answer must not find another's words in it.
    Raises: DraftConflict.
    """
    policy = view.stored.content.policy
    is_proven = policy is not None and policy.concerns(SubmitPath.BROWSER)
    if not is_proven or view.draft is None or view.stored.case.is_final:
        return
    if parse_whole(_one(pairs, "version")) != view.draft.version:
        raise DraftConflict(draft_version=view.draft.version)


def _one(pairs: Pairs, name: str) -> str:
    return next((value for key, value in pairs if key == name), "")


def _all(pairs: Pairs, name: str) -> list[str]:
    return [value for key, value in pairs if key == name]


def _text(pairs: Pairs, name: str) -> str:
    """Return typed text with the line ends it was typed with: forms post CRLF."""
    return _one(pairs, name).replace("\r\n", "\n")


def _optional(pairs: Pairs, *names: str) -> dict[str, Any]:
    return {name: _text(pairs, name) for name in names if _text(pairs, name).strip()}


def _approval(action: str, pairs: Pairs) -> dict[str, Any]:
    data = _optional(pairs, "feedback") if action in ("edit", "reject") else {}
    if action == "edit" and any(name == "content" for name, _ in pairs):
        data["edits"] = {"content": _text(pairs, "content")}
    return data


def _confirmation(action: str, context: Context, pairs: Pairs) -> dict[str, Any]:
    data = _optional(pairs, "note")
    if action == "confirm" and context.items:
        every = [item.id for item in context.items]
        data["confirmed_items"] = _all(pairs, "confirmed_items") if context.partial else every
    return data


def _escalation(action: str, context: Context, pairs: Pairs) -> dict[str, Any]:
    data = _optional(pairs, "reason")
    changed = modified_params(context, field_pairs(pairs)) if action == "retry" else {}
    return {**data, "modified_params": changed} if changed else data


def _form(form: Form | None, pairs: Pairs, view: PageView) -> dict[str, Any]:
    if form is None:
        return {"answer": _text(pairs, f"{PREFIX}answer")}
    defaults = {field.key: field.default for field in form.fields if field.default is not None}
    drafted = dict(view.draft.values) if view.draft else {}
    posted = field_pairs(pairs)
    values = {**defaults, **drafted, **view.carried, **(form.from_text(posted) if posted else {})}
    visible = {field.key for field in form.visible(values)}
    return {key: value for key, value in values.items() if key in visible and not is_empty(value)}


def decode_step(view: PageView, pairs: Pairs) -> StepPost:
    """Read a form post of `draft`: a wizard step, an edited text, ticked items, retry parameters."""
    version = parse_whole(_one(pairs, "version"))
    go = _one(pairs, "go")
    match go:
        case "edits":
            edited = {"content": _text(pairs, "content")}
            return StepPost(values=edited, version=version, query={"view": "edits"}, here={"view": "edit"})
        case "sure":
            values = {"confirmed_items": _all(pairs, "confirmed_items"), **_optional(pairs, "note")}
            return StepPost(values=values, version=version, query={"view": "sure"})
        case "retry" | "skip" | "abort":
            return _escalation_step(view, pairs, go, version)
        case _:
            return _form_step(view, pairs, go, version)


def _escalation_step(view: PageView, pairs: Pairs, go: str, version: int | None) -> StepPost:
    """Keep the parameters and the suggestion chosen, whose values are filled in if they are not yet."""
    content = view.stored.content
    context = Context.parse(content.type, content.context, lenient=True)
    chosen = find_suggestion(context, _one(pairs, "suggestion"))
    before = find_suggestion(context, _one(pairs, "filled"))
    posted = dict(field_pairs(pairs))
    params = posted if chosen == before else fill(context, posted, chosen=chosen, before=before)
    number = chosen.number if chosen else ""
    wrong = go == "retry" and param_errors(params_form(context), list(params.items()))
    filled = [(PREFIX + name, value) for name, value in params.items()]
    return StepPost(
        values={"params": params, **({"suggestion": number} if chosen else {})},
        version=version,
        query={"view": go},
        problems=Problems(pairs=[*filled, ("suggestion", number), ("filled", number)]) if wrong else None,
    )


def _form_step(view: PageView, pairs: Pairs, go: str, version: int | None) -> StepPost:
    """Decode a page of a form. Going forward is refused while the page has errors; going back is not."""
    content = view.stored.content
    form = Context.parse(content.type, content.context, lenient=True).form
    if form is None:
        return StepPost(values={"answer": _text(pairs, f"{PREFIX}answer")}, version=version)
    wizard = wizard_of(form)
    number = min(max(parse_whole(_one(pairs, "step")) or 1, 1), wizard.total)
    typed = form.from_text(field_pairs(pairs))
    fields = wizard.fields(number)
    sensitive = _secrets(view.carried, fields, typed, forgotten=_all(pairs, "forget"))
    values = {
        **(view.draft.values if view.draft else {}),
        **{field.key: typed.get(field.key) for field in fields if not field.sensitive},
    }
    forward = go != "back" and not go.startswith("prefill:")
    query = _next_page(go, number, stepped=wizard.is_stepped)
    result = form.check({**values, **sensitive}, step=number if wizard.is_stepped else None)
    return StepPost(
        values=values,
        sensitive=sensitive,
        step=_step_after(query, wizard),
        version=version,
        query=query,
        problems=Problems(pairs=pairs) if forward and result.errors else None,
    )


def _step_after(query: Mapping[str, str], wizard: Wizard) -> int:
    """Number the step that the person goes to, which says how far they are; to check is the last."""
    if not wizard.is_stepped:
        return 0
    number = parse_whole(query.get("step", ""))
    return wizard.total if number is None else number


def _secrets(
    carried: Json, fields: Sequence[Field], typed: Mapping[str, Any], *, forgotten: Sequence[str]
) -> dict[str, Any]:
    """Carry secrets on: an empty control keeps what was typed before, a tick forgets it."""
    kept = {key: value for key, value in carried.items() if key not in forgotten}
    new = {
        field.key: typed[field.key]
        for field in fields
        if field.sensitive and not is_empty(typed.get(field.key))
    }
    return {**kept, **new}


def _next_page(go: str, number: int, *, stepped: bool) -> dict[str, str]:
    """Say where a draft post leads: back, on to a numbered step, to the check page, or to a prefill."""
    here = {"step": str(number)} if stepped else {}
    if go.startswith("prefill:"):
        return {**here, "prefill": go.removeprefix("prefill:")}
    if go == "back":
        return {"step": str(max(number - 1, 1))}
    if go.isdecimal():
        return {"step": go}
    return {"view": "check"}


def merge_draft(view: PageView, values: Json) -> dict[str, Any]:
    """Add what the page's script saved to the draft, as if the form had been posted.

    `values` hold one page: text, lists of text or booleans by key. Secrets and unknown keys are left
    to whoever stores the draft.
    """
    drafted = dict(view.draft.values) if view.draft else {}
    content = view.stored.content
    form = Context.parse(content.type, content.context, lenient=True).form
    if form is None:
        return {**drafted, **values}
    pairs = [(key, _spelt(one)) for key, value in values.items() for one in _each(value)]
    decoded = form.from_text(pairs)
    return {**drafted, **{key: decoded.get(key) for key in values}}


def _each(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _spelt(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None else str(value)
