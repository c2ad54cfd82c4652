"""A decision carries its receipt. HITL v0.8 §13.4."""

from __future__ import annotations

import pytest

import openhitl
from openhitl.errors import InvalidReceipt
from openhitl.protocol.incoming import parse_poll
from openhitl.protocol.outcomes import decision_from
from tests.door.test_receipts import answered, jwks_of
from tests.servers import RunningServer


def test_a_decision_is_verified_by_its_receipt(server: RunningServer) -> None:
    hitl = answered(server)
    with openhitl.SyncHITL(server.url, server.service_key) as hitl_client:
        decision = hitl_client.wait(hitl["case_id"])
    assert decision.receipt is not None
    assert decision.receipt.algorithm == "EdDSA"
    assert decision.receipt.signed_at == server.status(hitl)["completed_at"]
    verified = openhitl.verify_receipt(decision.poll, jwks_of(server))
    assert (verified.case_id, verified.action) == (decision.case_id, decision.action)
    with pytest.raises(InvalidReceipt):
        openhitl.verify_receipt({**decision.poll, "status": "expired"}, jwks_of(server))


@pytest.mark.parametrize("result", [None, {"action": "approve"}, {"action": "approve", "signature": "yes"}])
def test_a_service_need_not_sign(result: object) -> None:
    body = {"status": "completed" if result else "expired", "case_id": "review_1", "result": result}
    assert decision_from(parse_poll(body)).receipt is None
