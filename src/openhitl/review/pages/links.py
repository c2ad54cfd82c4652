"""The addresses a page points to; every one carries the review token, if there is one."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from openhitl.protocol.record import record
from openhitl.review.pages.view import PageView


@record(frozen=True, slots=True)
class Links:
    """Addresses of one case. HITL v0.8 §7: the token stays in the URL."""

    base: str
    case_id: str
    token: str
    csrf: str = ""
    mark: str = ""

    @classmethod
    def of(cls, view: PageView) -> Links:
        return cls(view.base, view.stored.case.case_id, view.token, view.csrf, view.mark)

    def page(self, **query: object) -> str:
        """Address the page itself, with e.g. `view="reject"` or `step=2`."""
        chosen = {name: str(value) for name, value in query.items() if value not in (None, "")}
        return f"{self.base}/review/{quote(self.case_id)}{_query(token=self.token, **chosen)}"

    def prefill(self, key: str) -> str:
        """Address the value of a field's `default_ref`."""
        return f"{self.base}/review/{quote(self.case_id)}/prefill/{quote(key)}{_query(token=self.token)}"

    @property
    def inbox(self) -> str:
        """Address the case as whoever may answer it gets it as JSON."""
        return f"{self.base}/api/v1/inbox/{quote(self.case_id)}"

    @property
    def respond(self) -> str:
        return self._post("respond", mark=self.mark)

    @property
    def challenge(self) -> str:
        return self._post("challenge")

    @property
    def draft(self) -> str:
        return self._post("draft")

    @property
    def cancel(self) -> str:
        return self._post("cancel")

    @property
    def opened(self) -> str:
        return self._post("opened")

    def _post(self, verb: str, **more: str) -> str:
        query = _query(token=self.token, csrf=self.csrf, **more)
        return f"{self.base}/reviews/{quote(self.case_id)}/{verb}{query}"


def _query(**given: str) -> str:
    query = urlencode({name: value for name, value in given.items() if value})
    return f"?{query}" if query else ""
