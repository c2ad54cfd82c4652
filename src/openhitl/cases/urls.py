"""The addresses of a case, with the tokens that belong in them."""

from __future__ import annotations

from functools import lru_cache

from openhitl.keyring import Keyring
from openhitl.protocol.case import ReviewCase
from openhitl.protocol.tokens import Purpose, token_from_bytes
from openhitl.protocol.wire import Urls

JUST_SAID = 1_024


class CaseUrls:
    """Says the addresses of any case; the same ones every time, since tokens are derived.

    Args:
        base: what people and agents see, without a trailing slash.
    """

    def __init__(self, base: str, keyring: Keyring) -> None:
        self.base = base
        self._keyring = keyring
        #: Return the case's token of a purpose. A new case's tokens are said twice in a row.
        self.token = lru_cache(maxsize=JUST_SAID)(self._derive)

    def _derive(self, purpose: Purpose, case_id: str) -> str:
        return token_from_bytes(purpose, self._keyring.case_secret(purpose.value, case_id))

    def of(self, case: ReviewCase, *, inline: bool = False) -> Urls:
        """Return the addresses that a case's creator is told, for inline submit only if asked."""
        case_id, anonymous = case.case_id, case.agent_id is None
        return Urls(
            review=self.review(case_id),
            poll=self.poll(case_id, with_token=anonymous),
            events=self.events(case_id, with_token=anonymous),
            submit=self.submit(case_id) if inline else None,
            submit_token=self.token(Purpose.SUBMIT, case_id) if inline else None,
        )

    def review(self, case_id: str) -> str:
        """Return the address of the review page. HITL v0.8 §7."""
        return f"{self.base}/review/{case_id}?token={self.token(Purpose.REVIEW, case_id)}"

    def poll(self, case_id: str, *, with_token: bool) -> str:
        """Return the poll address; with its token for a creator that has no credential."""
        return f"{self.base}/api/reviews/{case_id}/status{self._poll_query(case_id, with_token)}"

    def events(self, case_id: str, *, with_token: bool) -> str:
        """Return the event stream's address; with its token for a creator that has no credential."""
        return f"{self.base}/api/reviews/{case_id}/events{self._poll_query(case_id, with_token)}"

    def submit(self, case_id: str) -> str:
        """Return the inline submit address. HITL v0.8 §7.5."""
        return f"{self.base}/reviews/{case_id}/respond"

    def _poll_query(self, case_id: str, with_token: bool) -> str:
        return f"?token={self.token(Purpose.POLL, case_id)}" if with_token else ""
