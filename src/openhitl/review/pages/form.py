"""Input: one page of fields, or a wizard of steps that ends by checking the answers. HITL v0.8 §10.3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openhitl.protocol.fields import Field, is_empty
from openhitl.protocol.forms import Form
from openhitl.protocol.numbers import parse_whole
from openhitl.protocol.record import record
from openhitl.review.pages.controls import PREFIX, Control, Filling, control_of, field_pairs
from openhitl.review.pages.field_errors import say_errors
from openhitl.review.pages.field_values import shown_values
from openhitl.review.pages.frame import frame_of
from openhitl.review.pages.problems import Problem, problem_list, typed
from openhitl.review.pages.sheet import Sheet
from openhitl.review.pages.view import Page
from openhitl.review.pages.wizard import Wizard, wizard_of
from openhitl.review.pages.zone import Zone, is_complete, zone_of


@record(frozen=True, slots=True, kw_only=True)
class StepView:
    """Where the person is in a wizard; `next` is what Continue posts, `moved` asks for the focus."""

    number: int
    total: int
    title: str
    description: str
    next: str
    moved: bool


@record(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One answer to check: what was said, or what is wrong with it."""

    key: str
    label: str
    values: Sequence[str]
    error: str = ""


@record(frozen=True, slots=True, kw_only=True)
class CheckSection:
    """The answers of one step."""

    title: str
    step: int
    rows: Sequence[CheckRow]


def form_page(sheet: Sheet) -> Page:
    """Draw the page of fields, the step that the query names, or the answers to check."""
    form = sheet.context.form if sheet.context else None
    if form is None:
        return _freely(sheet)
    wizard = wizard_of(form)
    number = _step_number(sheet, wizard)
    if number == wizard.check_number or _wants_check(sheet, form):
        return _check_page(sheet, form, wizard)
    return _fields_page(sheet, form, wizard, number)


def filled(sheet: Sheet, form: Form, fields: Sequence[Field] = ()) -> dict[str, Any]:
    """Gather what is in the form: defaults, drafted values, what was just typed into `fields`."""
    values = {field.key: field.default for field in form.fields if field.default is not None}
    keys = {field.key for field in form.fields}
    drafted = sheet.view.draft.values if sheet.view.draft else {}
    values.update({key: value for key, value in drafted.items() if key in keys})
    values.update(sheet.view.prefills)
    if sheet.view.problems:
        typed_values = form.from_text(field_pairs(sheet.view.problems.pairs))
        values.update({field.key: typed_values.get(field.key) for field in fields})
    return values


def _step_number(sheet: Sheet, wizard: Wizard) -> int:
    """Choose the step: the one that was posted, asked for, or left off at."""
    asked = typed(sheet, "step") or sheet.view.query.get("step", "")
    progress = sheet.case.progress
    number = parse_whole(asked)
    if number is None:
        number = progress.current_step if progress else 1
    return min(max(number, 1), wizard.total)


def _wants_check(sheet: Sheet, form: Form) -> bool:
    """Tell whether the answers are to be checked: asked for, or sent from there and refused."""
    was_sent = typed(sheet, "action") == "submit" and goes_to_check(form)
    return was_sent or sheet.view.query.get("view") == "check"


def goes_to_check(form: Form) -> bool:
    """Tell whether a form is sent from a page that shows the answers: all but plain single pages."""
    return form.has_steps or bool(form.sensitive_keys)


def _fields_page(sheet: Sheet, form: Form, wizard: Wizard, number: int) -> Page:
    fields = wizard.fields(number)
    values = filled(sheet, form, fields)
    known = _with_carried(values, sheet)
    errors = _errors(sheet, form, known, wizard, number)
    controls = _controls(
        sheet,
        form,
        fields,
        Filling(
            values=_drawable(form, values, sheet.view.prefills),
            errors=errors,
            carried=frozenset(sheet.view.carried),
        ),
        known,
    )
    first = not wizard.is_stepped or number == 1
    return sheet.draw(
        "form.html",
        frame=frame_of(sheet),
        zone=zone_of(sheet) if first else Zone.empty(),
        steps=_step_view(sheet, wizard, number) if wizard.is_stepped else None,
        controls=controls,
        goes_to_check=goes_to_check(form),
        saved=sheet.moment(sheet.view.draft.saved_at) if sheet.view.draft else None,
        can_decide=is_complete(sheet),
        primary=sheet.words.gettext("Send answers"),
        problems=_problems(sheet, controls, errors),
    )


def _with_carried(values: Mapping[str, Any], sheet: Sheet) -> dict[str, Any]:
    """Add carried secrets wherever nothing newer was typed."""
    present = {key: value for key, value in values.items() if not is_empty(value)}
    return {**sheet.view.carried, **present}


def _drawable(form: Form, values: Mapping[str, Any], prefills: Mapping[str, Any]) -> dict[str, Any]:
    """Leave secrets out of what is drawn; only a value the person just fetched is put in its field."""
    return {key: value for key, value in values.items() if key not in form.sensitive_keys or key in prefills}


def _controls(
    sheet: Sheet, form: Form, fields: Sequence[Field], filling: Filling, known: Mapping[str, Any]
) -> list[Control]:
    """Make the controls of a page; what an earlier page's answer rules out is not on it."""
    keys = frozenset(field.key for field in fields)
    visible = {field.key for field in form.visible(known)}
    return [
        control_of(sheet, field, filling, keys)
        for field in fields
        if field.key in visible or (field.conditional and field.conditional.field in keys)
    ]


def _errors(
    sheet: Sheet, form: Form, known: Mapping[str, Any], wizard: Wizard, number: int
) -> dict[str, str]:
    if sheet.view.problems is None:
        return {}
    result = form.check(known, step=number if wizard.is_stepped else None)
    return say_errors(form, result.errors, sheet.words)


def _problems(sheet: Sheet, controls: Sequence[Control], errors: Mapping[str, str]) -> list[Problem]:
    """List the errors of this page's fields in their order, each leading to its field."""
    found = [
        Problem(f"{control.label}: {errors[control.key]}", f"f-{control.key}")
        for control in controls
        if control.key in errors
    ]
    return found or problem_list(sheet)


def _step_view(sheet: Sheet, wizard: Wizard, number: int) -> StepView:
    step = wizard.step(number)
    return StepView(
        number=number,
        total=wizard.total,
        title=step.title,
        description=step.description or "",
        next="check" if number >= wizard.last_number else str(number + 1),
        moved="step" in sheet.view.query,
    )


def _check_page(sheet: Sheet, form: Form, wizard: Wizard) -> Page:
    known = _with_carried(filled(sheet, form), sheet)
    errors = say_errors(form, form.check(known).errors, sheet.words)
    has_problems = sheet.view.problems is not None
    sections = [
        CheckSection(
            title=wizard.step(number).title if wizard.is_stepped else "",
            step=number,
            rows=_check_rows(sheet, form, wizard.fields(number), known, errors if has_problems else {}),
        )
        for number in wizard.field_numbers
    ]
    labels = {field.key: field.label for field in form.fields}
    found = [Problem(f"{labels[key]}: {message}", f"row-{key}") for key, message in errors.items()]
    number = wizard.check_number
    return sheet.draw(
        "check.html",
        frame=frame_of(sheet),
        sections=[section for section in sections if section.rows],
        steps=_step_view(sheet, wizard, number) if number else None,
        last_step=wizard.last_number,
        primary=sheet.words.gettext("Send answers"),
        problems=(found if has_problems else []) or problem_list(sheet),
    )


def _check_rows(
    sheet: Sheet, form: Form, fields: Sequence[Field], known: Mapping[str, Any], errors: Mapping[str, str]
) -> list[CheckRow]:
    visible = {field.key for field in form.visible(known)}
    return [
        CheckRow(
            key=field.key,
            label=field.label,
            values=_masked(sheet)
            if _is_secret(field, known)
            else shown_values(field, known.get(field.key), sheet.words),
            error=errors.get(field.key, ""),
        )
        for field in fields
        if field.key in visible
    ]


def _is_secret(field: Field, known: Mapping[str, Any]) -> bool:
    return field.sensitive and known.get(field.key) not in (None, "")


def _masked(sheet: Sheet) -> list[str]:
    return [sheet.words.gettext("•••••• (kept secret)")]


def _freely(sheet: Sheet) -> Page:
    """Draw one text field for a case that declares no form, as custom types may."""
    label = sheet.words.gettext("Your answer")
    control = Control(
        key="answer",
        name=f"{PREFIX}answer",
        label=label,
        control="textarea",
        required=True,
        text=typed(sheet, f"{PREFIX}answer"),
    )
    return sheet.draw(
        "form.html",
        frame=frame_of(sheet),
        zone=zone_of(sheet),
        steps=None,
        controls=[control],
        goes_to_check=False,
        saved=None,
        can_decide=is_complete(sheet),
        primary=sheet.words.gettext("Send answer"),
        problems=problem_list(sheet, (("data", "f-answer"),)),
    )
