"""An answer in words: labels instead of ids, nothing sensitive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openhitl.protocol.case import Answer
from openhitl.protocol.compact import compact
from openhitl.protocol.evidence import FIELD as EVIDENCE
from openhitl.protocol.record import record
from openhitl.protocol.tree import humanise, read
from openhitl.review.pages.field_values import shown_values
from openhitl.review.pages.labels import edited_content
from openhitl.review.pages.sheet import Sheet

#: Form names that are the page's own and never something a person typed.
OWN_NAMES = frozenset(
    {"submission_id", "version", "step", "go", "action", "none", "suggestion", "filled", "forget"}
    | {"with_passkey", EVIDENCE}
)


@record(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One part of an answer: its label and its value or values; `key` as in `result.data`."""

    label: str
    values: Sequence[str]
    key: str = ""


def answer_rows(sheet: Sheet, answer: Answer) -> list[AnswerRow]:
    """Spell an answer's data; sensitive values are masked, and encrypted ones are said to be."""
    if sheet.content.is_sealed:
        gettext = sheet.words.gettext
        return [
            AnswerRow(label=gettext("Answer"), values=(gettext("Encrypted: this server cannot read it."),))
        ]
    rows: list[AnswerRow] = []
    for key, value in answer.data.items():
        if key == "edits" and edited_content(answer) is not None:
            value = {name: edit for name, edit in value.items() if name != "content"}
            if not value:
                continue
        if key in answer.sensitive:
            value = sheet.words.gettext("•••••• (kept secret)")
        row = AnswerRow(label=_label(sheet, key), values=_values(sheet, key, value), key=key)
        if row.values or key not in ("note", "feedback", "reason"):
            rows.append(row)
    return rows


def _label(sheet: Sheet, key: str) -> str:
    gettext = sheet.words.gettext
    names = {
        "feedback": gettext("Feedback"),
        "edits": gettext("Edits"),
        "selected": gettext("Chosen"),
        "note": gettext("Note"),
        "confirmed_items": gettext("Confirmed"),
        "reason": gettext("Reason"),
        "modified_params": gettext("Changed parameters"),
    }
    field = _field(sheet, key)
    return field.label if field else names.get(key) or humanise(key)


def _field(sheet: Sheet, key: str) -> Any:
    form = sheet.context.form if sheet.context else None
    return next((field for field in form.fields if field.key == key), None) if form else None


def _values(sheet: Sheet, key: str, value: Any) -> list[str]:
    field = _field(sheet, key)
    if field is not None:
        return shown_values(field, value, sheet.words)
    if key in ("selected", "confirmed_items") and sheet.context:
        titles = {item.id: item.title for item in sheet.context.items}
        return [titles.get(item, str(item)) for item in value]
    return list(_spelt(value))


def _spelt(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        return [f"{humanise(str(key))}: {_line(inner)}" for key, inner in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(inner) for inner in value]
    return [] if value in (None, "") else [str(value)]


def _line(value: Any) -> str:
    """Say one value in one line: a list by its elements, anything deeper as JSON."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_line, value))
    return compact(value).decode() if isinstance(value, Mapping) else read(value).text or str(value)


def unsent_rows(sheet: Sheet) -> list[tuple[str, str]]:
    """List what the person typed into a post that came too late; secrets are left out."""
    problems = sheet.view.problems
    form = sheet.context.form if sheet.context else None
    secret = {f"f.{key}" for key in form.sensitive_keys} if form else set()
    return [
        (_label(sheet, name.removeprefix("f.")), value)
        for name, value in (problems.pairs if problems else ())
        if value.strip() and name not in OWN_NAMES and name not in secret
    ]
