"""The curl lines that the protocol's own quick start and reference services print, as printed."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.ports import reserved_ports
from tests.servers import running

#: The quick start's five lines; CASE_ID and TOKEN stand for what the first answer held.
QUICK_START = """
curl -s -X POST http://localhost:3456/api/demo?type=selection | jq .
POLL_URL="http://localhost:3456/api/reviews/CASE_ID/status"
curl -s "$POLL_URL" -H 'If-None-Match: "v1-pending"'
curl -s -X POST "http://localhost:3456/reviews/CASE_ID/respond?token=TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d '{"action":"select","data":{"selected":["job_001"]}}'
curl -s "$POLL_URL" | jq '.status'
"""

STANDARD_FLOW = """
RESPONSE=$(curl -s -X POST http://localhost:3456/api/demo?type=selection)
echo "$RESPONSE" | jq .
REVIEW_URL=$(echo "$RESPONSE" | jq -r '.hitl.review_url')
POLL_URL=$(echo "$RESPONSE" | jq -r '.hitl.poll_url')
TOKEN=$(echo "$REVIEW_URL" | grep -oP 'token=\\K[^&]+')
CASE_ID=$(echo "$RESPONSE" | jq -r '.hitl.case_id')
curl -s "$POLL_URL" | jq .
curl -s -X POST "http://localhost:3456/reviews/${CASE_ID}/respond?token=${TOKEN}" \\
  -H 'Content-Type: application/json' \\
  -d '{"action":"select","data":{"selected":["job_001","job_003"]}}'
curl -s "$POLL_URL" | jq .
"""

INLINE_FLOW = """
RESPONSE=$(curl -s -X POST http://localhost:3456/api/demo?type=confirmation)
CASE_ID=$(echo "$RESPONSE" | jq -r '.hitl.case_id')
SUBMIT_TOKEN=$(echo "$RESPONSE" | jq -r '.hitl.submit_token')
SUBMIT_URL=$(echo "$RESPONSE" | jq -r '.hitl.submit_url')
curl -s -X POST "$SUBMIT_URL" \\
  -H "Authorization: Bearer ${SUBMIT_TOKEN}" \\
  -H 'Content-Type: application/json' \\
  -d '{"action":"confirm","submitted_via":"cli"}'
echo
curl -s "http://localhost:3456/api/reviews/${CASE_ID}/status"
"""


def shell(script: str) -> list[dict]:
    """Run lines in bash and return every JSON value that they printed."""
    assert shutil.which("jq"), "jq is needed: apt-get install jq"
    command = ["bash", "-euo", "pipefail", "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    values, decoder, rest = [], json.JSONDecoder(), ran.stdout.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        values.append(value)
        rest = rest[end:].strip()
    return values


@pytest.fixture(scope="module")
def on_3456(tmp_path_factory):
    folder = tmp_path_factory.mktemp("curl")
    with reserved_ports(), running(folder, port=3456, demo=True) as server:
        yield server


def test_the_quick_start_runs_as_printed(on_3456):
    created, *_ = shell(QUICK_START.partition("POLL_URL=")[0])
    case_id = created["hitl"]["case_id"]
    token = created["hitl"]["review_url"].partition("token=")[2]
    lines = QUICK_START[QUICK_START.index("POLL_URL=") :]
    answered, status = shell(lines.replace("CASE_ID", case_id).replace("TOKEN", token))
    assert answered["status"] == "completed"
    assert status == "completed"


def test_the_standard_flow_runs_as_printed(on_3456):
    created, pending, answered, completed = shell(STANDARD_FLOW)
    assert created["status"] == "human_input_required"
    assert pending["status"] == "pending"
    assert answered["status"] == "completed"
    assert completed["result"]["data"]["selected"] == ["job_001", "job_003"]


def test_the_inline_flow_runs_as_printed(on_3456):
    """A demo case takes a missing submitted_by and a bare submitted_via."""
    answered, completed = shell(INLINE_FLOW)
    assert answered["status"] == "completed"
    assert completed["submission_context"]["submitted_via"] == "x-cli"
    assert completed["submission_context"]["submitted_by"]["platform"] == "x-unknown"


@pytest.mark.parametrize("port", [3457, 3458, 3459])
def test_the_demo_line_of_every_reference_service_runs_as_printed(port, tmp_path):
    with running(tmp_path, port=port, demo=True):
        (created,) = shell(f"curl -s -X POST http://localhost:{port}/api/demo?type=selection")
    assert [item["id"] for item in created["hitl"]["context"]["items"]] == ["job_001", "job_002", "job_003"]


@pytest.mark.parametrize(
    ("review_type", "inline"),
    [
        ("selection", None),
        ("approval", ["approve", "reject"]),
        ("input", None),
        ("confirmation", ["confirm", "cancel"]),
        ("escalation", ["retry", "skip", "abort"]),
    ],
)
def test_every_sample_offers_inline_what_its_type_can(on_3456, review_type, inline):
    hitl = on_3456.anyone.post(f"/api/demo?type={review_type}").json()["hitl"]
    assert hitl.get("inline_actions") == inline
    assert ("submit_url" in hitl) == ("submit_token" in hitl) == (inline is not None)
    assert on_3456.anyone.get(hitl["poll_url"]).json()["status"] == "pending"


def test_a_type_without_a_sample_is_refused(on_3456):
    response = on_3456.anyone.post("/api/demo?type=telepathy")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_type")


def test_without_the_setting_there_is_no_demo(server):
    assert server.anyone.post("/api/demo").status_code == 404
