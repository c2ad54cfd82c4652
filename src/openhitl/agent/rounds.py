"""Where the next case of a chain is asked. HITL v0.8 §8 `next_case_id`, §15.3."""

from __future__ import annotations

import re
from dataclasses import replace

from openhitl.agent.questions import OpenCase
from openhitl.errors import NextCaseUnknown

_CASE_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")  # HITL v0.8 §6: URL-safe
_SITE = re.compile(r"https?://[^/?#]*")


def next_case(case: OpenCase, next_case_id: str) -> OpenCase:
    """Return the case that follows on one, as far as it is known: it has no review URL yet.

    Its addresses are those of `case` with the id replaced. Raises: NextCaseUnknown if the id is not
    one, or does not stand exactly once in the poll URL.
    """
    if not _CASE_ID.fullmatch(next_case_id) or next_case_id == case.case_id:
        raise NextCaseUnknown(
            "The service names a next case whose id is none, or its own.", case_id=case.case_id
        )
    poll_url = _replaced(case.poll_url, case.case_id, next_case_id)
    if poll_url is None:
        raise NextCaseUnknown(case_id=case.case_id, next_case_id=next_case_id)
    events_url = case.events_url and _replaced(case.events_url, case.case_id, next_case_id)
    return replace(
        case,
        case_id=next_case_id,
        poll_url=poll_url,
        events_url=events_url,
        review_url=None,
        expires_at=None,
        reminder_at=(),
        reminder=False,
        hitl=None,
    )


def _replaced(url: str, case_id: str, next_case_id: str) -> str | None:
    """Replace an id that stands once in a URL's path or query; never in the name of its host."""
    site = _SITE.match(url)
    if site is None:
        return None
    whole_id = re.compile(rf"(?<![A-Za-z0-9_-]){re.escape(case_id)}(?![A-Za-z0-9_-])")
    place = url[site.end() :]
    if len(whole_id.findall(place)) != 1:
        return None
    return site.group() + whole_id.sub(lambda _: next_case_id, place)
