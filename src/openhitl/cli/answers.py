"""Print how a case ended: the answer alone on stdout, everything else on stderr."""

from __future__ import annotations

from typing import Any

from openhitl.agent import Decision, OpenCase, Outcome
from openhitl.agent.replies import answer_text
from openhitl.cli.exits import Exit
from openhitl.cli.terminal import Terminal, for_stdout, json_for_stdout
from openhitl.cli.waiting import Ended


def tell_answer(terminal: Terminal, ended: Ended, *, as_json: bool) -> int:
    """Print the answer, flushed at once; return the exit code."""
    case, decision = ended.case, ended.decision
    if as_json:
        print(json_for_stdout(decision_json(case, decision)), flush=True)
    elif decision.answered:
        print(for_stdout(answer_text(case, decision)), flush=True)
    if not as_json:
        for note in notes(decision):
            terminal.say(note)
    return exit_code(decision)


def exit_code(decision: Decision) -> Exit:
    """Say a decision as an exit code: only a yes to exactly what was asked is 0."""
    if decision.outcome is Outcome.EXPIRED:
        return Exit.EXPIRED
    if decision.outcome is Outcome.CANCELLED:
        return Exit.CANCELLED
    return Exit.DENIED if decision.denied else Exit.ANSWERED


def notes(decision: Decision) -> list[str]:
    """Say what the answer itself does not: why, or why there is none."""
    if decision.outcome is Outcome.EXPIRED:
        return [f"Nobody answered in time. Default action: {decision.default_action or 'skip'}."]
    if decision.outcome is Outcome.CANCELLED:
        return [f"Cancelled: {decision.reason or 'no reason given'}"]
    found = [decision.data.get(key) for key in ("feedback", "reason", "note")]
    lines = [str(text) for text in found if text]
    if decision.approved_with_edits:
        lines.append("Approved with edits: use the edited content (--json shows it), not the original.")
    return lines


def decision_json(case: OpenCase, decision: Decision) -> dict[str, Any]:
    """Spell a decision for programs; what does not apply to its outcome is left out."""
    spelled = {
        "case_id": case.case_id,
        "type": case.type,
        "outcome": str(decision.outcome),
        "action": decision.action,
        "data": dict(decision.data) if decision.answered else None,
        "answer": answer_text(case, decision) if decision.answered else None,
        "responded_by": decision.responded_by,
        "default_action": decision.default_action,
        "reason": decision.reason,
        "next_case_id": decision.next_case_id,
    }
    return {name: value for name, value in spelled.items() if value is not None}


def print_json(value: Any) -> None:
    """Print data for programs on stdout."""
    print(json_for_stdout(value, indent=2))
