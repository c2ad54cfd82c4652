"""Every page there is, as views to draw."""

from __future__ import annotations

from dataclasses import replace

from openhitl.protocol.case import Status
from openhitl.protocol.policies import read_policy
from openhitl.review.pages import Page, PageView, Problems
from openhitl.review.pages.problems import NOT_PROVEN
from openhitl.store.records import Draft, StoredCase
from tests.browser.account_pages import ACCOUNTS
from tests.pages.samples import (
    ESCALATION,
    LETTER,
    LETTER_BEFORE,
    LETTER_CONTEXT,
    LONG_LIST,
    NOW,
    SUGGESTIONS,
    answered,
    ended,
    made,
    sample,
    view,
)
from tests.protocol.test_policies import RAW


def _draft(**values: object) -> Draft:
    return Draft(values=values, version=2, saved_at=NOW)


def _round_two() -> PageView:
    previous = answered(sample("letter", case_id="review_1aaa"), "edit", {"feedback": "Less formal, please."})
    context = {**LETTER_CONTEXT, "artifact": {**LETTER_CONTEXT["artifact"], "content": LETTER_BEFORE}}
    return view(
        sample("letter"), rounds=[replace(previous, content=replace(previous.content, context=context))]
    )


def _round_four() -> PageView:
    """A chain with edits in place, a round that was withdrawn, and more changes than those of the text."""
    edits = {"edits": {"content": LETTER_BEFORE}, "feedback": "I shortened it. https://example.com/style"}
    third = ended(sample("letter", case_id="review_3ccc"), Status.CANCELLED, reason="A typo.", by="agent:1")
    second = answered(sample("letter", case_id="review_2bbb", target_role="Engineer"), "edit", edits)
    wishes = {"feedback": "Less formal, please.", "edits": {"title": "Hello", "sections": ["intro", "end"]}}
    first = answered(sample("letter", case_id="review_1aaa"), "edit", wishes)
    linked = replace(sample("letter"), case=replace(sample("letter").case, next_case_id="review_5eee"))
    return view(linked, rounds=[third, second, first])


def _proven(name: str, mode: str, **context: object) -> StoredCase:
    """A case that asks for a passkey on its page."""
    stored = sample(name, **context)
    asked = read_policy({**RAW, "mode": mode})
    return replace(stored, content=replace(stored.content, policy=asked))


_MANY = [{"id": f"n{number}", "title": f"Choice number {number}"} for number in range(12)]
_ODD = {
    "facts": {"a\u200bb": "x\u202ey", "averyveryverylongkeywithoutanyspaces" * 2: "v" * 120},
    "consequences": {"approve": "It goes live.", "deny": "Nothing happens."},
    "links": [{"label": "CI", "url": "https://ci.example/runs/1"}],
    "deep": {"a": {"b": {"c": [1, [2, 3], {"d": None}]}}, "flags": {"on": True, "off": False}},
}
_FILLED = _draft(
    full_name="Alice Adams",
    email="alice@example.com",
    employment="contract",
    hourly_rate=95,
    skills=["frontend", "devops"],
)

#: The five types as they are first seen.
TYPES: dict[str, PageView] = {
    name: view(sample(name)) for name in ("approval", "selection", "form", "confirmation", "escalation")
}

#: Every other page.
OTHERS: dict[str, PageView] = {
    "letter": view(sample("letter")),
    "round-two": _round_two(),
    "round-four": _round_four(),
    "round-two-same": view(
        sample("letter", target_role="Architect"),
        rounds=[answered(sample("letter"), "reject", {"feedback": "No."})],
    ),
    "round-after-choice": view(
        sample("confirmation"),
        rounds=[answered(sample("selection"), "select", {"selected": ["job_001"], "note": "Only remote."})],
    ),
    "answered-changes": view(answered(sample("letter"), "edit", {"feedback": "Less formal, please."})),
    "wizard-1": view(sample("wizard")),
    "wizard-2": view(sample("wizard"), query={"step": "2"}, draft=_FILLED),
    "wizard-2-wrong": view(
        sample("wizard"),
        problems=Problems(pairs=[("step", "2"), ("f.employment", "contract"), ("f.hourly_rate", "9500")]),
    ),
    "wizard-check": view(
        sample("wizard"), query={"view": "check"}, draft=_FILLED, carried={"tax_id": "DE1234"}
    ),
    "form-wrong": view(sample("form"), problems=Problems(pairs=[("f.salary", "lots")])),
    "selection-one": view(sample("selection", max=1, min=1)),
    "selection-many": view(sample("selection", items=_MANY, max=None)),
    "confirmation-whole": view(sample("confirmation", partial=False)),
    "confirmation-sure": view(sample("confirmation", risk={"level": "high"}), query={"view": "sure"}),
    "approval-sure": view(
        sample("approval", risk={"level": "critical", "reasons": ["Drops a table", "Nobody on call"]}),
        query={"view": "sure"},
    ),
    "reject": view(sample("approval"), query={"view": "reject"}),
    "cancel": view(sample("approval"), query={"view": "cancel"}),
    "full": view(sample("approval"), query={"view": "full"}),
    "edit": view(sample("letter"), query={"view": "edit"}),
    "edits": view(
        sample("letter"), query={"view": "edits"}, draft=_draft(content=LETTER.replace("five", "six"))
    ),
    "suggestions": view(
        sample("escalation", error={**ESCALATION["error"], "suggested_actions": SUGGESTIONS}),
        draft=_draft(params={"strategy": "canary", "timeout": "300"}, suggestion="1"),
    ),
    "long-list": view(made("input", "Where do you live?", {"form": {"fields": [LONG_LIST]}})),
    "cancelled-by-agent": view(ended(sample("form"), Status.CANCELLED, by="agent:1")),
    "retry": view(
        sample("escalation"),
        query={"view": "retry"},
        draft=_draft(params={"strategy": "canary", "timeout": "300"}),
    ),
    "passkey": view(_proven("approval", "required")),
    "passkey-form": view(_proven("form", "required")),
    "passkey-step-up": view(_proven("escalation", "step_up")),
    "passkey-optional": view(_proven("confirmation", "optional", risk={"level": "high"})),
    "passkey-refused": view(
        _proven("letter", "required"), problems=Problems(message=NOT_PROVEN["verification_failed"])
    ),
    "odd": view(made("approval", "Approve \u202egnp.exe " + "x" * 90, _ODD, message="One.\n\nTwo.")),
    "sealed": view(made("x-sealed", "Encrypted", {"envelope": "c2VjcmV0"})),
    "custom": view(made("x-poll", "What do you think?", {"topic": "Names"})),
    "answered": view(
        answered(sample("selection"), "select", {"selected": ["job_001", "job_003"], "note": "Both."})
    ),
    "answered-edit": view(
        answered(sample("letter"), "edit", {"edits": {"content": LETTER.replace("five", "six")}}, name="Bob")
    ),
    "expired": view(ended(sample("approval"), Status.EXPIRED)),
    "cancelled": view(
        ended(sample("form"), Status.CANCELLED, reason="Not for me.", by="link:review_form_7f3k:0")
    ),
}

#: Pages of accounts are drawn already.
EVERY: dict[str, PageView | Page] = {**TYPES, **OTHERS, **ACCOUNTS}
