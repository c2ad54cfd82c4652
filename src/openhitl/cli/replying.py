"""From the options of an answer to what is sent: the rest is asked for, and what is grave confirmed."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import Any

import typer

from openhitl.cli.contexts import UsageMistake
from openhitl.cli.filling import edit_artifact, fill, lacks
from openhitl.cli.inboxes import columns, here_and_now, print_lines
from openhitl.cli.prompts import agreed, ask, complain, is_interactive
from openhitl.errors import VerificationRequired
from openhitl.person.answers import Given, answer_data
from openhitl.person.asked import Asked
from openhitl.person.drawing.bodies import text_of
from openhitl.person.drawing.case import answer_lines, draw
from openhitl.person.drawing.patches import changes
from openhitl.protocol.case import Json
from openhitl.protocol.visible import one_line

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer as its options give it. `edit`: the artifact is to be edited first."""

    action: str
    given: Given
    edit: bool = False
    ref: str | None = None


def prepare(asked: Asked, draft: Draft, *, page: str) -> dict[str, Any]:
    """Put an answer's data together, with the help of whoever sits here, and have it confirmed.

    Raises: UsageMistake and what `answer_data` raises; VerificationRequired with the address of the
    page where the case can be answered; typer.Abort if somebody does not want to go on.
    """
    if draft.edit and draft.action != "edit":
        raise UsageMistake("--edit goes with the action edit.")
    if draft.action in asked.actions and asked.needs_browser(draft.action):
        raise VerificationRequired(
            "This answer takes your passkey, which only a browser can ask for.", hint=f"Open {page}"
        )
    interactive = is_interactive()
    given, was_asked = draft.given, False
    if draft.edit:
        given, was_asked = _edited(asked, given, interactive=interactive), interactive
    elif interactive and draft.action in asked.actions and lacks(asked, draft.action, given):
        _show(asked)
        given, was_asked = fill(asked, draft.action, given), True
    elif draft.action == "select" and "select" in asked.actions and lacks(asked, "select", given):
        raise UsageMistake(_which(asked))
    data = answer_data(asked, draft.action, given)
    if asked.needs_ref(draft.action, data):
        _check_ref(asked, draft, interactive=interactive, shown=was_asked)
    elif was_asked:
        _confirm(asked, data, edited=draft.edit)
    return data


def _which(asked: Asked) -> str:
    items = asked.parts.items if asked.parts else ()
    names = [f"  {one_line(item.id)}  {one_line(item.title)}" for item in items]
    return "\n".join(["Say which with --choose, by id or title:", *names])


def _show(asked: Asked) -> None:
    print_lines([*draw(asked, now=here_and_now(), width=columns()), ()], sys.stderr)


def _edited(asked: Asked, given: Given, *, interactive: bool) -> Given:
    edited = edit_artifact(asked, again=interactive)
    if edited is None:
        raise UsageMistake("Nothing was changed, so nothing was sent.")
    if interactive:
        print_lines(changes(edited.before, text_of(edited.content), columns()), sys.stderr)
    return replace(given, content=edited.content)


def _check_ref(asked: Asked, draft: Draft, *, interactive: bool, shown: bool) -> None:
    """Have the reference code typed, or compare it with the one that was given as an option."""
    if draft.ref is not None:
        if not _is_ref(asked, draft.ref):
            raise UsageMistake("That is not the reference code of this case.")
        return
    if not interactive:
        raise UsageMistake(f"This {_grave(asked)}: give its reference code with --ref.")
    if not shown:
        _show(asked)
    for _ in range(_TRIES):
        if _is_ref(asked, ask(f"This {_grave(asked)}. Type its reference code to {draft.action}: ")):
            return
        complain("That is not its reference code.")
    raise _nothing_sent()


def _is_ref(asked: Asked, typed: str) -> bool:
    return typed.strip().upper() == asked.ref


def _grave(asked: Asked) -> str:
    return "is of high risk" if asked.risk == "high" else "cannot be undone"


def _confirm(asked: Asked, data: Json, *, edited: bool) -> None:
    if not edited:
        print_lines(answer_lines(asked, data, columns()), sys.stderr)
    if not agreed("Send this?"):
        raise _nothing_sent()


def _nothing_sent() -> typer.Abort:
    complain("Nothing was sent.")
    return typer.Abort()
