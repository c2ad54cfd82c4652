"""What is said once somebody pressed, or once a case ended elsewhere."""

from __future__ import annotations

from openhitl.agent.inline.card import Card, card_after
from openhitl.agent.inline.case import InlineCase
from openhitl.agent.inline.outcome import PressOutcome
from openhitl.agent.inline.press import Press
from openhitl.agent.inline.wording import Words


def card_after_press(case: InlineCase, outcome: PressOutcome, press: Press, *, by: str, words: Words) -> Card:
    """Show a case after a press; `by` is who answered before it, if the service said so."""
    name = by if outcome is PressOutcome.ANSWERED else ""
    if outcome is PressOutcome.ACCEPTED:
        name = press.who.display_name or press.who.platform_user_id
    return card_after(case, outcome, words, reference=press.reference, action=press.action, name=name)


def card_at_end(case: InlineCase, outcome: PressOutcome, words: Words) -> Card:
    """Show a case that ended elsewhere: answered, cancelled or expired."""
    return card_after(case, PressOutcome.ANSWERED if outcome is PressOutcome.ACCEPTED else outcome, words)


def notice(outcome: PressOutcome, press: Press, words: Words) -> str:
    """Say in one sentence of ours what came of a press."""
    if outcome is PressOutcome.ACCEPTED:
        return words[f"done.{press.action}"]
    if outcome.is_final:
        return words[f"ended.{outcome}"]
    if outcome.may_try_again or not outcome.changes_message:
        return words[f"{outcome}"]
    return words["refused"]
