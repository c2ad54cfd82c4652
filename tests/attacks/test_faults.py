"""What fails inside is told to callers without what only the operator should know."""

from __future__ import annotations

from pathlib import Path

from tests.servers import APPROVAL, running


def test_a_storage_that_fails_is_503_and_says_neither_where_nor_why(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        hitl = server.ask()
        (tmp_path / "openhitl.db").rename(tmp_path / "away.db")
        answers = [
            server.service.post("/api/v1/reviews", json=APPROVAL),
            server.service.get(f"/api/v1/reviews/{hitl['case_id']}"),
            server.anyone.get(hitl["review_url"].replace("token=hitlr_", "token=hitlr_A")[:-1]),
            server.anyone.get("/readyz"),
        ]
        (tmp_path / "away.db").rename(tmp_path / "openhitl.db")
        assert server.status(hitl)["status"] == "pending"
    for answer in answers:
        assert answer.status_code == 503
        assert answer.json()["error"] == "store_unavailable"
        assert "database" not in answer.text
        assert "file" not in answer.text
        assert "retry-after" in answer.headers
