"""What is kept as JSON: contents, answers, drafts."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from openhitl.protocol.case import Answer, Content, DefaultAction, Progress, SubmittedBy
from openhitl.protocol.compact import compact
from openhitl.protocol.policies import read_policy, spelled
from openhitl.store.instants import from_ms, to_ms

#: The version `v` that goes with every document written here.
VERSION = 1


def encode(value: Any) -> str:
    """Write a JSON value."""
    return compact(value).decode()


decode = json.loads


def content_text(content: Content) -> str:
    """Write a content as JSON."""
    return encode(
        {
            "type": content.type,
            "prompt": content.prompt,
            "message": content.message,
            "context": content.context,
            "timeout": content.timeout,
            "default_action": content.default_action,
            "agent": content.agent,
            "reminder_at": [to_ms(instant) for instant in content.reminder_at],
            "previous_case_id": content.previous_case_id,
            "inline_actions": content.inline_actions,
            "metadata": content.metadata,
            "callback_url": content.callback_url,
            "policy": spelled(content.policy) if content.policy else None,
            "shown_digest": content.shown_digest,
        }
    )


def content_from(text: str) -> Content:
    """Read a content back."""
    fields = decode(text)
    fields["default_action"] = DefaultAction(fields["default_action"])
    fields["reminder_at"] = tuple(map(from_ms, fields["reminder_at"]))
    if fields["inline_actions"] is not None:
        fields["inline_actions"] = tuple(fields["inline_actions"])
    if fields.get("policy") is not None:
        fields["policy"] = read_policy(fields["policy"])
    return Content(**fields)


def answer_text(answer: Answer) -> str:
    """Write an answer as JSON, without its sensitive values."""
    return encode(
        {
            "action": answer.action,
            "data": answer.public_data,
            "shown_digest": answer.shown_digest,
            "data_digest": answer.data_digest,
            "mode": answer.mode,
            "sensitive": sorted(answer.sensitive),
            "submitted_via": answer.submitted_via,
            "submitted_by": asdict(answer.submitted_by) if answer.submitted_by else None,
            "name": answer.name,
            "email": answer.email,
            "signer": answer.signer,
            "verification": answer.verification,
        }
    )


def sensitive_text(answer: Answer) -> str | None:
    """Write the sensitive values of an answer as JSON, to be sealed; None if there are none."""
    sensitive = {key: answer.data[key] for key in sorted(answer.sensitive) if key in answer.data}
    return encode(sensitive) if sensitive else None


def answer_from(text: str, sensitive: str | bytes | None) -> Answer:
    """Read an answer back from both parts."""
    fields = decode(text)
    hidden = decode(sensitive) if sensitive is not None else {}
    by = fields["submitted_by"]
    fields["data"] = {**fields["data"], **hidden}
    fields["submitted_by"] = SubmittedBy(**by) if by else None
    fields["sensitive"] = frozenset(fields["sensitive"])
    return Answer(**fields)


def progress_text(progress: Progress | None) -> str | None:
    """Write a progress as JSON."""
    return None if progress is None else encode(asdict(progress))


def progress_from(text: str | None) -> Progress | None:
    """Read a progress back."""
    return None if text is None else Progress(**decode(text))
