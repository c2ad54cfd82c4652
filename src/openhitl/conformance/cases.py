"""One case of the service under test: what its hitl object says, and the addresses made from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from openhitl.conformance.answers import actions_of
from openhitl.conformance.caller import Reply
from openhitl.conformance.check import NotApplicable
from openhitl.conformance.schema import instant, is_uri

#: No service has a case of this id.
ABSENT_ID = "review_conformance_absent"


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its creator was told of it.

    `created` is the reply that told it; of a case given by the user it is only the body.
    """

    created: Reply
    hitl: Mapping[str, Any]

    @property
    def type(self) -> str:
        return str(self.hitl.get("type"))

    @property
    def case_id(self) -> str:
        return self.address("case_id")

    @property
    def actions(self) -> tuple[str, ...]:
        return actions_of(self.type)

    @property
    def inline_actions(self) -> tuple[str, ...]:
        """The actions that may be submitted inline: all, if the object lists none. HITL v0.8 §6."""
        listed = self.hitl.get("inline_actions")
        return tuple(map(str, listed)) if isinstance(listed, list) else self.actions

    @property
    def review_token(self) -> str:
        """The token of the review URL. Raises: NotApplicable without one."""
        token = token_of(self.address("review_url"))
        if not token or not _is_plain(token):
            raise NotApplicable("the review URL has no token in its query, or none of plain letters")
        return token

    def evidence_for(self, path: str) -> bool:
        """Whether a `browser_submit` or an `inline_submit` needs evidence. HITL v0.8 §7.6."""
        policy = self.hitl.get("verification_policy")
        if not isinstance(policy, dict) or policy.get("mode") != "required":
            return False
        required_for = policy.get("required_for")
        return isinstance(required_for, list) and path in required_for

    @property
    def takes_inline(self) -> bool:
        """Whether the object lets its agent submit, and nothing but a button is needed for it."""
        offered = self.hitl.get("submit_url") and self.hitl.get("submit_token") and self.inline_actions
        return bool(offered) and not self.evidence_for("inline_submit")

    def address(self, name: str) -> str:
        """Return a text of the object. Raises: NotApplicable if it has none of this name."""
        value = self.hitl.get(name)
        if not isinstance(value, str) or not value:
            raise NotApplicable(f"the hitl object has no {name}")
        if name.endswith("_url") and not is_address(value):
            raise NotApplicable(f"the hitl object's {name} is no address")
        if name.endswith("_token") and not _is_plain(value):
            raise NotApplicable(f"the hitl object's {name} cannot stand in a header")
        return value

    def instant(self, name: str) -> datetime:
        """Return an instant of the object. Raises: NotApplicable if it has none of this name."""
        value = instant(self.hitl.get(name))
        if value is None:
            raise NotApplicable(f"the hitl object's {name} is no instant")
        return value


def is_address(url: str) -> bool:
    """Tell whether requests can be sent to an address."""
    return is_uri(url) and urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)


def _is_plain(token: str) -> bool:
    return token.isascii() and token.isprintable()


def token_of(url: str) -> str | None:
    """Return the token in the query of an address."""
    return dict(parse_qsl(urlsplit(url).query)).get("token")


def with_query(url: str, **replaced: str | None) -> str:
    """Replace parameters in the query of an address; None takes one out."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in replaced]
    given = [(name, value) for name, value in replaced.items() if value is not None]
    return urlunsplit(parts._replace(query=urlencode([*kept, *given])))


def of_other_case(url: str, case_id: str, other: str) -> str:
    """Replace the case in an address by another id.

    Services may leave `review_` out of the id in their addresses, as the examples of HITL v0.8 §6 do.
    Raises: NotApplicable if the address does not hold the id.
    """
    short = case_id.removeprefix("review_")
    path = urlsplit(url).path
    for held, put in ((case_id, other), (short, other.removeprefix("review_"))):
        if held in path:
            return urlunsplit(urlsplit(url)._replace(path=path.replace(held, put)))
    raise NotApplicable("the address does not hold the case id")


def _beside_reviews(case: Case, token: str) -> str:
    """`/review/ID` is answered at `/reviews/ID/respond`, as the reference services do."""
    url = urlsplit(case.address("review_url"))
    path, changed = re.subn(r"/review/([^/]+)/?\Z", r"/reviews/\1/respond", url.path)
    if not changed:
        raise NotApplicable("the review page is not below /review")
    return with_query(urlunsplit(url._replace(path=path)), token=token)


def _below_page(case: Case, token: str) -> str:
    """`/review/ID` is answered at `/review/ID/respond`. HITL v0.8 §5 "Sequence Diagram"."""
    url = urlsplit(case.address("review_url"))
    return with_query(urlunsplit(url._replace(path=f"{url.path.rstrip('/')}/respond")), token=token)


def _at_submit_url(case: Case, token: str) -> str:
    """Both ways of answering share an address. HITL v0.8 §7.5 "Relationship to Existing …"."""
    return with_query(case.address("submit_url"), token=token)


#: Makes the address that the review page answers at, with a token.
RespondUrl = Callable[[Case, str], str]
#: Where that may be: the protocol does not fix it.
RESPOND_URLS: tuple[RespondUrl, ...] = (_beside_reviews, _below_page, _at_submit_url)


def respond_template(template: str, address: Callable[[str], str]) -> RespondUrl:
    """Answer where the user says: a path with `{case_id}` and `{token}`."""

    def respond_url(case: Case, token: str) -> str:
        return address(template.replace("{case_id}", case.case_id).replace("{token}", quote(token)))

    return respond_url
