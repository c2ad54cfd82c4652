"""`hitl conformance`: what it prints, writes and exits with."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest

from tests.cli.programs import Programs
from tests.conformance.broken import KEY, serving

pytestmark = pytest.mark.anyio
ASKING = ("--create", "POST /reviews", "--header", f"Authorization: Bearer {KEY}")


async def test_a_service_that_conforms_gets_a_report_and_0(alone: Programs) -> None:
    with serving() as url:
        ended = await alone.run("conformance", url, *ASKING, "--only", "discovery", "--only", "polling")
    assert (ended.code, ended.out.splitlines()[0]) == (0, f"HITL v0.8 conformance of {url}")
    assert "discovery       6 passed\npolling         10 passed\n" in ended.out
    assert ended.out.endswith("16 checks: 16 passed, 0 errors, 0 warnings, 0 infos, 0 not applicable\n")
    assert ended.err == "checking discovery\nchecking polling\n"


async def test_a_finding_says_the_section_what_was_expected_and_what_was_seen(alone: Programs) -> None:
    with serving("constant_etag") as url:
        ended = await alone.run("conformance", url, *ASKING, "--only", "polling")
    assert ended.code == 1
    assert "  error  polling.modified  (RFC 9110 §13.1.2)\n    After an answer the old ETag gets" in ended.out
    assert "    expected: 200 with the new state\n    seen:     304 to GET /cases/review_" in ended.out


async def test_warnings_fail_a_strict_run_only(alone: Programs) -> None:
    with serving("no_etag") as url:
        lenient = await alone.run("conformance", url, *ASKING, "--only", "polling")
        strict = await alone.run("conformance", url, *ASKING, "--only", "polling", "--strict")
    assert (lenient.code, strict.code) == (0, 1)
    assert "\nNot applicable:\n  polling.not_modified: polls have no ETag\n" in lenient.out


async def test_results_are_data_for_programs_and_ci(alone: Programs) -> None:
    with serving("constant_etag", "no_viewport") as url:
        ended = await alone.run(
            "conformance",
            url,
            *ASKING,
            "--skip",
            "rate_limit",
            "--skip",
            "hostile_input",
            "--json",
            "--junit",
            "out.xml",
        )
    document = json.loads(ended.out)
    missed = {one["id"]: one["level"] for one in document["checks"] if one["verdict"] == "failed"}
    assert missed == {"polling.modified": "error", "review_page.viewport": "warning"}
    assert (document["conforms"], document["summary"]["errors"], document["summary"]["warnings"]) == (
        False,
        1,
        1,
    )
    suites = ElementTree.parse(alone.home / "out.xml").getroot()
    assert {suite.get("name") for suite in suites} == {one["area"] for one in document["checks"]}
    failed = [case for case in suites.iter("testcase") if case.find("failure") is not None]
    assert [case.get("name") for case in failed] == ["polling.modified"]
    noted = [case.get("name") for case in suites.iter("testcase") if case.find("system-out") is not None]
    assert noted == ["review_page.viewport"]


async def test_a_given_case_is_only_looked_at(alone: Programs) -> None:
    with serving() as url:
        made = await create(url)
        ended = await alone.run("conformance", url, *ASKING, "--case", "-", stdin=json.dumps(made))
        after = await poll(made["hitl"]["poll_url"])
    assert (ended.code, after["status"]) == (0, "pending")
    assert "respond.once: this would change the given case" in ended.out
    assert "polling         9 passed, 1 not applicable\n" in ended.out
    assert made["hitl"]["review_url"].partition("token=")[2] not in ended.out


async def test_a_service_that_does_not_answer_is_an_error(alone: Programs) -> None:
    ended = await alone.run("conformance", "http://localhost:9")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("error: http://localhost:9 does not answer: ")
    assert "\nhint: Start the service, or look at the address again." in ended.err


async def test_a_run_that_could_check_nothing_is_no_pass(alone: Programs) -> None:
    with serving() as url:
        ended = await alone.run("conformance", url, "--only", "polling")
    assert ended.code == 1
    assert "10 checks: 0 passed" in ended.out


async def create(url: str) -> dict[str, Any]:
    body = {
        "type": "approval",
        "prompt": "Ready?",
        "timeout": "1h",
        "context": {},
        "default_action": "reject",
    }
    async with httpx2.AsyncClient(headers={"authorization": f"Bearer {KEY}"}, trust_env=False) as client:
        return (await client.post(f"{url}/reviews", json=body)).json()


async def poll(url: str) -> dict[str, Any]:
    async with httpx2.AsyncClient(headers={"authorization": f"Bearer {KEY}"}, trust_env=False) as client:
        return (await client.get(url)).json()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "weather"], "there is no area weather"),
        (["--header", "X-Key: schlüssel"], "the value of X-Key has characters"),
        (["--create", "reviews"], "'reviews' is not METHOD PATH [BODY]"),
        (["--header", "Bearer abc"], "'Bearer' is not NAME: VALUE"),
        (["--case", "missing.json"], "--case: missing.json: No such file or directory."),
    ],
)
async def test_wrong_usage_is_said_before_anything_is_sent(alone: Programs, arguments, message) -> None:
    ended = await alone.run("conformance", "http://localhost:9", *arguments)
    assert ended.code == 2
    assert message in ended.err


async def test_an_address_needs_its_scheme(alone: Programs) -> None:
    ended = await alone.run("conformance", "localhost:3456")
    assert (ended.code, ended.out) == (2, "")
    assert "'localhost:3456' is not an address like https://" in ended.err


async def test_a_junit_file_that_cannot_be_written_is_an_error(alone: Programs) -> None:
    with serving() as url:
        ended = await alone.run("conformance", url, "--only", "discovery", "--junit", "no/such/folder.xml")
    assert ended.code == 1
    assert ended.err.endswith("error: no/such/folder.xml cannot be written: No such file or directory.\n")
