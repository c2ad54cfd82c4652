"""What a chat needs of a case, and which of its actions may have a button there."""

from __future__ import annotations

import json
import re
from dataclasses import field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from openhitl.agent.inline.details import details_of
from openhitl.client.origins import is_loopback
from openhitl.errors import PeerError
from openhitl.protocol.addresses import is_web_address
from openhitl.protocol.case import ACTIONS, Json, actions_of
from openhitl.protocol.incoming import HitlObject
from openhitl.protocol.record import record
from openhitl.protocol.timestamps import parse_timestamp, timestamp
from openhitl.protocol.visible import visible

#: With it and our own words the smallest text, Discord's, still has room for the question.
MAX_URL_CHARACTERS = 1200
#: RFC 3986: nothing that a chat's markup could take for the end of an address.
_URL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+\Z")
#: What a header can carry.
_TOKEN = re.compile(r"[\x21-\x7e]+\Z")
_NEEDS_PAGE = frozenset({"selection", "input"})


@record(frozen=True, slots=True, kw_only=True)
class InlineCase:
    """A case as it is shown in a chat and kept until it ends.

    `actions` are those that may have a button, in the service's order; none means the review page
    only. `link` names the label of the link to that page (`link.…` of `wording`). `prompt`, `message`
    and `details` come from the service and are not to be trusted; hidden characters in them are spelt
    out. `details` is the context as lines, None if it is too much for a chat. The submit token is for
    the submit address alone and is never part of a message.
    """

    case_id: str
    type: str
    prompt: str
    message: str = ""
    details: str | None = ""
    review_url: str = field(repr=False)
    submit_url: str | None = field(default=None, repr=False)
    submit_token: str | None = field(default=None, repr=False)
    actions: tuple[str, ...] = ()
    link: str = "review"
    expires_at: datetime | None = None

    @property
    def identity(self) -> str:
        """What tells cases of all services apart, in ASCII."""
        return json.dumps([self.submit_url, self.case_id])


def inline_case(hitl: HitlObject) -> InlineCase:
    """Take from a hitl object what a chat needs.

    Raises: PeerError if its review address is longer than 1,200 characters, has characters that no
    address may have, or is neither https nor on this machine.
    """
    actions = inline_actions(hitl)
    message, prompt = _text(hitl.message), _text(hitl.prompt) or "–"
    return InlineCase(
        case_id=hitl.case_id,
        type=hitl.type if hitl.type in ACTIONS else "input",  # HITL v0.8 §10 "Custom Types"
        prompt=prompt,
        message="" if message == prompt else message,
        # What is decided in the chat is shown in the chat; a link needs no more than the question.
        details=details_of(hitl.context) if actions else "",
        review_url=_checked(hitl.review_url),
        submit_url=hitl.submit_url if actions else None,
        submit_token=hitl.submit_token if actions else None,
        actions=actions,
        link=_link(hitl, actions),
        expires_at=hitl.expires_at,
    )


def inline_actions(hitl: HitlObject) -> tuple[str, ...]:
    """Name the actions that may have a button in a chat; none means the review page only.

    HITL v0.8 §7.5 "Agent Behavior", §7.7. Approvals have buttons only if the service names its inline
    actions and `edit`, which needs the page, is not among them.
    """
    if hitl.type not in ACTIONS or hitl.type in _NEEDS_PAGE:
        return ()
    if not _takes_presses(hitl) or _needs_proof(hitl.verification_policy):
        return ()
    known = actions_of(hitl.type)
    named = hitl.inline_actions
    if hitl.type == "approval" and (named is None or "edit" in named):
        return ()
    return known if named is None else tuple(dict.fromkeys(one for one in named if one in known))


def _text(text: str) -> str:
    return visible(text).replace("\r\n", "\n").strip()


def _takes_presses(hitl: HitlObject) -> bool:
    url, token = hitl.submit_url, hitl.submit_token
    return bool(url and token and _TOKEN.match(token) and _is_safe(url))


def _link(hitl: HitlObject, actions: tuple[str, ...]) -> str:
    if actions:
        return "edit" if hitl.type == "approval" else hitl.type
    if not _takes_presses(hitl):
        return "review"
    return {"approval": "approval", "confirmation": "review", "escalation": "review"}.get(hitl.type, "open")


def _needs_proof(policy: Any) -> bool:
    """Tell whether a press without evidence could not count. HITL v0.8 §7.6.

    So does a policy that cannot be read.
    """
    if policy is None:
        return False
    if not isinstance(policy, dict):
        return True
    if policy.get("mode") in ("optional", "step_up"):
        return False
    paths = policy.get("required_for")
    return not isinstance(paths, list) or "inline_submit" in paths


def _is_safe(url: str) -> bool:
    """Tell whether a secret may go there: by https, or without leaving this machine."""
    parts = urlsplit(url) if _URL.match(url) and is_web_address(url) else None
    if parts is None or parts.username is not None:
        return False
    return parts.scheme == "https" or is_loopback(url)


def _checked(url: str) -> str:
    if len(url) > MAX_URL_CHARACTERS or not _is_safe(url):
        raise PeerError("The service's review_url is not one that can be put into a chat.")
    return url


def to_json(case: InlineCase) -> dict[str, Any]:
    """Spell a case for a store."""
    return {
        "case_id": case.case_id,
        "type": case.type,
        "prompt": case.prompt,
        "message": case.message,
        "details": case.details,
        "review_url": case.review_url,
        "submit_url": case.submit_url,
        "submit_token": case.submit_token,
        "actions": list(case.actions),
        "link": case.link,
        "expires_at": timestamp(case.expires_at) if case.expires_at else None,
    }


def from_json(kept: Json) -> InlineCase:
    """Read what `to_json` spelt."""
    expires_at = kept["expires_at"]
    return InlineCase(
        **{
            **kept,
            "actions": tuple(kept["actions"]),
            "expires_at": parse_timestamp(expires_at) if expires_at else None,
        }
    )
