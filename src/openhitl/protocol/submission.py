"""Reading what is submitted. HITL v0.8 §7.5 "Request fields"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from openhitl.protocol.case import Json, SubmittedBy
from openhitl.protocol.problems import check_storable, invalid, object_of, text_of

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
_FIELDS = frozenset({"action", "data", "submission_id"})
_INLINE_FIELDS = _FIELDS | {"submitted_via", "submitted_by"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An answer before it is checked against its case."""

    action: str
    data: Json = field(default_factory=dict)
    submission_id: str | None = None
    submitted_via: str | None = None
    submitted_by: SubmittedBy | None = None


def parse_submission(body: Any, *, inline: bool, demo: bool) -> Submission:
    """Read the JSON body of a respond request.

    Args:
        inline: authenticated by the submit token, so it must say who pressed which button.
        demo: a demo case, where `submitted_by` may be missing (recorded `x-unknown`) and a bare
            `submitted_via` is taken as a custom one (`cli` is recorded `x-cli`).

    Raises: InvalidRequest.
    """
    check_storable(body)
    given = object_of(body, "body")
    for name in given.keys() - (_INLINE_FIELDS if inline else _FIELDS):
        invalid(name, "is not part of a submission here")
    submission_id = given.get("submission_id")
    if submission_id is not None:
        text_of(submission_id, "submission_id", least=1, most=MAX_ID_CHARACTERS)
    return Submission(
        action=text_of(given.get("action"), "action", least=1, most=100),
        data=object_of(given.get("data", {}), "data"),
        submission_id=submission_id,
        submitted_via=_via(given.get("submitted_via"), demo) if inline else None,
        submitted_by=_by(given.get("submitted_by"), demo) if inline else None,
    )


def _via(raw: Any, demo: bool) -> str:
    if raw is None and demo:
        return "x-unknown"
    via = text_of(raw, "submitted_via", least=1, most=100)
    if via in VIA or via.startswith("x-"):
        return via
    if not demo:
        invalid("submitted_via", "is not a known channel; custom ones begin with x-")
    return f"x-{via}"


def _by(raw: Any, demo: bool) -> SubmittedBy:
    if raw is None and demo:
        return SubmittedBy(platform="x-unknown", platform_user_id="x-unknown")
    given = object_of(raw, "submitted_by")
    for name in given.keys() - {"platform", "platform_user_id", "display_name"}:
        invalid(f"submitted_by.{name}", "is not part of submitted_by")
    platform = text_of(given.get("platform"), "submitted_by.platform", least=1, most=100)
    if platform not in PLATFORMS and not platform.startswith("x-"):
        invalid("submitted_by.platform", "is not a known platform; custom ones begin with x-")
    user_id = given.get("platform_user_id")
    name = given.get("display_name")
    if name is not None:
        text_of(name, "submitted_by.display_name", most=MAX_ID_CHARACTERS)
    return SubmittedBy(
        platform=platform,
        platform_user_id=text_of(user_id, "submitted_by.platform_user_id", least=1, most=MAX_ID_CHARACTERS),
        display_name=name,
    )
