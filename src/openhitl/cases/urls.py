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
        tokens_for_all: whether every poll address carries a token, whoever made the case.
    """

    def __init__(self, base: str, keyring: Keyring, *, tokens_for_all: bool = False) -> None:
        self.base = base
        self._tokens_for_all = tokens_for_all
        self._keyring = keyring
        #: Return the case's token of a purpose. A new case's tokens are said twice in a row.
        self.token = lru_cache(maxsize=JUST_SAID)(self._derive)

    def _derive(self, purpose: Purpose, case_id: str) -> str:
        return token_from_bytes(purpose, self._keyring.case_secret(purpose.value, case_id))

    def polls_by_token(self, agent_id: int | None) -> bool:
        """Tell whether the addresses to wait at carry a token, since their reader has no credential."""
        return self._tokens_for_all or agent_id is None

    def of(self, case: ReviewCase, *, inline: bool = False) -> Urls:
        """Return the addresses that a case's creator is told, for inline submit only if asked."""
        case_id, with_token = case.case_id, self.polls_by_token(case.agent_id)
        return Urls(
            review=self.review(case_id),
            poll=self.poll(case_id, with_token=with_token),
            events=self.events(case_id, with_token=with_token),
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
