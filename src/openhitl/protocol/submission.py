"""Reading what is submitted. HITL v0.8 §7.5 "Request fields"."""

from __future__ import annotations

from dataclasses import field
from typing import Any

from openhitl.protocol.case import Json, SubmittedBy
from openhitl.protocol.evidence import Evidence, parse_evidence
from openhitl.protocol.problems import Problems, check_storable, invalid, object_of, text_of
from openhitl.protocol.record import record

VIA = frozenset(
    {
        "telegram_inline_button",
        "slack_block_action",
        "discord_component",
        "whatsapp_reply_button",
        "teams_adaptive_card",
    }
)
PLATFORMS = frozenset({"telegram", "slack", "discord", "whatsapp", "teams"})
MAX_ID_CHARACTERS = 200
_FIELDS = frozenset({"action", "data", "submission_id", "verification_evidence"})
_INLINE_FIELDS = _FIELDS | {"submitted_via", "submitted_by"}


@record(frozen=True, slots=True, kw_only=True)
class Submission:
    """An answer before it is checked against its case."""

    action: str
    data: Json = field(default_factory=dict)
    submission_id: str | None = None
    submitted_via: str | None = None
    submitted_by: SubmittedBy | None = None
    evidence: tuple[Evidence, ...] = ()


def parse_submission(body: Any, *, inline: bool, demo: bool) -> Submission:
    """Read the JSON body of a respond request.

    Args:
        inline: authenticated by the submit token, so it must say who pressed which button.
        demo: a demo case, where `submitted_by` may be missing (recorded `x-unknown`) and a bare
            `submitted_via` is taken as a custom one (`cli` is recorded `x-cli`).

    Raises: InvalidRequest with a path for each field that is wrong.
    """
    check_storable(body)
    given = {name: value for name, value in object_of(body, "body").items() if value is not None}
    problems = Problems()
    take = problems.take
    for name in given:
        if name not in (_INLINE_FIELDS if inline else _FIELDS):
            take(invalid, name, "is not part of a submission here")
    action = take(text_of, given.get("action"), "action", least=1, most=100)
    data = take(object_of, given.get("data", {}), "data")
    submission_id = take(_submission_id, given.get("submission_id"))
    via = take(_via, given.get("submitted_via"), demo) if inline else None
    by = take(_by, given.get("submitted_by"), demo) if inline else None
    evidence = take(parse_evidence, given.get("verification_evidence", []))
    problems.raise_any()
    return Submission(
        action=action,
        data=data,
        submission_id=submission_id,
        submitted_via=via,
        submitted_by=by,
        evidence=evidence,
    )


def _submission_id(raw: Any) -> str | None:
    return None if raw is None else text_of(raw, "submission_id", least=1, most=MAX_ID_CHARACTERS)


def _via(raw: Any, demo: bool) -> str:
    if raw is None and demo:
        return "x-unknown"
    via = text_of(raw, "submitted_via", least=1, most=100)
    if via in VIA or via.startswith("x-"):
        return via
    if not demo:
        invalid("submitted_via", f"must be one of {', '.join(sorted(VIA))} or begin with x-")
    return f"x-{via}"


def _by(raw: Any, demo: bool) -> SubmittedBy:
    if raw is None and demo:
        return SubmittedBy(platform="x-unknown", platform_user_id="x-unknown")
    path = "submitted_by"
    if raw is None:
        invalid(path, "is required")
    given = object_of(raw, path)
    for name in given:
        if name not in ("platform", "platform_user_id", "display_name"):
            invalid(f"{path}.{name}", "is not part of submitted_by")
    platform = text_of(given.get("platform"), f"{path}.platform", least=1, most=100)
    if platform not in PLATFORMS and not platform.startswith("x-"):
        invalid(f"{path}.platform", f"must be one of {', '.join(sorted(PLATFORMS))} or begin with x-")
    user_id = text_of(
        given.get("platform_user_id"), f"{path}.platform_user_id", least=1, most=MAX_ID_CHARACTERS
    )
    display_name = given.get("display_name")
    if display_name is not None:
        text_of(display_name, f"{path}.display_name", most=MAX_ID_CHARACTERS)
    return SubmittedBy(platform=platform, platform_user_id=user_id, display_name=display_name)
