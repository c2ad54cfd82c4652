"""Calling back: tells an agent's own address how its case ended. HITL v0.8 §9."""

from __future__ import annotations

from openhitl.cases import Casebook
from openhitl.errors import PeerError, PeerGone
from openhitl.identity.callbacks import CallbackSecrets
from openhitl.outbound import OutboundHttp
from openhitl.protocol.callbacks import callback_body, callback_id, signed_headers
from openhitl.protocol.numbers import parse_whole
from openhitl.store.jobs import Job

GONE = 410


class CallBack:
    """Does jobs of kind `call_back`."""

    def __init__(self, book: Casebook, outbound: OutboundHttp, secrets: CallbackSecrets) -> None:
        self._book = book
        self._outbound = outbound
        self._secrets = secrets

    async def __call__(self, job: Job) -> None:
        """Post the last event of the case.

        Raises: PeerError unless the answer is 2xx, PeerGone for 410; StoreError.
        """
        stored = await self._book.find(job.case_id)
        if stored is None or stored.content.callback_url is None or stored.case.agent_id is None:
            return  # purged meanwhile
        [event] = await self._book.events(job.case_id, after=stored.case.seq - 1)
        body, now = callback_body(event), self._book.clock()
        secrets = await self._secrets.live(stored.case.agent_id, now)
        signed = signed_headers(body, callback_id(event), now, secrets)
        headers = {"content-type": "application/json", **signed}
        answer = await self._outbound.post(stored.content.callback_url, body, headers=headers)
        if answer.status == GONE:
            raise PeerGone
        if not 200 <= answer.status < 300:
            raise PeerError(f"It answered {answer.status}.", retry_after_seconds=_seconds(answer.retry_after))


def _seconds(retry_after: str | None) -> int:
    """Read a Retry-After; 0 for none, for a date, and for nonsense. RFC 9110 §10.2.3."""
    return parse_whole(retry_after or "") or 0
