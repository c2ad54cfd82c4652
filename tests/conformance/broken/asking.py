"""Discovery, creating and polling."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.conformance.broken.cases import ACTIONS, Case, Cases, Refused, written

KEY = "key_" + "k" * 40
POLLS_PER_MINUTE = 30
#: Habits: where a service takes the answers of its page.
RESPOND = {
    "answers_below_page": "/review/{case_id}/respond",
    "answers_elsewhere": "/cases/{case_id}/submission",
}
POLICY = {
    "mode": "required",
    "required_for": ["inline_submit"],
    "requirements": {"any_of": [{"all_of": [{"proof_type": "proof_of_human"}]}]},
    "binding": {"case_id": True, "action": True, "freshness_seconds": 300, "single_use": True},
    "fallback": {"on_missing": "browser_review", "on_invalid": "reject"},
}


class Asking:
    """What agents see of the service."""

    def __init__(self, defects: frozenset[str], cases: Cases) -> None:
        self._defects = defects
        self._cases = cases
        self._turned_away = 0
        self.respond_path = next(
            (path for habit, path in RESPOND.items() if habit in defects), "/reviews/{case_id}/respond"
        )

    def check_key(self, request: Request, defect: str = "") -> None:
        if request.headers.get("authorization") != f"Bearer {KEY}" and defect not in self._defects:
            raise Refused(401, "unauthorized")

    async def discovery(self, request: Request) -> Response:
        if "no_discovery" in self._defects:
            raise Refused(404, "not_found")
        protocol: dict[str, Any] = {
            "spec_version": "0.8",
            "capabilities": {
                "review_types": list(ACTIONS),
                "transports": ["polling", "sse"],
                "supports_inline_submit": "inline_denied" not in self._defects,
            },
            "rate_limits": {"max_requests_per_minute": POLLS_PER_MINUTE},
        }
        if "polling_unclaimed" in self._defects:
            protocol["capabilities"]["transports"].remove("polling")
        if "sse_denied" in self._defects:
            protocol["capabilities"]["transports"].remove("sse")
        if "discovery_unknown_field" in self._defects:
            protocol["vendor"] = "us"
        return JSONResponse({"hitl_protocol": protocol})

    async def create(self, request: Request) -> Response:
        self.check_key(request)
        self._turned_away += 1
        if "busy" in self._defects and self._turned_away % 40 == 1:
            raise Refused(429, "rate_limited")
        content = await whole_body(request)
        if not content and "empty_question_crash" in self._defects:
            raise RuntimeError(content)
        question = parsed(content)
        if "prompts_cleaned" in self._defects and isinstance(question.get("prompt"), str):
            question["prompt"] = question["prompt"].replace("\0", "")
        self._check(question)
        base = str(request.url).removesuffix("/reviews")
        case = self._cases.create(question, base)
        body = {
            "status": "accepted" if "odd_envelope" in self._defects else "human_input_required",
            "hitl": self._hitl(case),
        }
        if "no_message" not in self._defects:
            body["message"] = case.question["prompt"]
        return as_json(body, {}, 200 if "created_200" in self._defects else 202)

    def _check(self, question: dict[str, Any]) -> None:
        if question.get("type") not in ACTIONS:
            if "any_type" not in self._defects:
                raise Refused(400, "invalid_type")
            question["type"] = "input"
        if question["type"] == "selection" and "no_selections" in self._defects:
            raise Refused(422, "invalid_request")
        prompt, timeout = question.get("prompt"), question.get("timeout")
        right = isinstance(prompt, str) and isinstance(question.get("context"), dict)
        right = right and len(prompt) <= 500 and isinstance(timeout, str) and timeout[:1].isdigit()
        if not right and "any_request" not in self._defects:
            raise Refused(422, "invalid_request")
        if not right:
            question |= {"prompt": str(prompt)[:500], "context": {}, "timeout": "1h"}

    def _hitl(self, case: Case) -> dict[str, Any]:
        question, base = case.question, case.base
        token = "" if "no_token_in_url" in self._defects else f"?token={case.review_token}"
        hitl: dict[str, Any] = {
            "spec_version": "0.7" if "old_version" in self._defects else "0.8",
            "case_id": self._cases.public_id(case),
            "review_url": f"{base}/review/{case.slug}{token}",
            "poll_url": f"{base}/cases/{case.slug}/status",
            "events_url": f"{base}/cases/{case.slug}/events",
            "type": question["type"],
            "prompt": question["prompt"],
            "timeout": question["timeout"],
            "default_action": question["default_action"],
            "created_at": written(case.created),
            "expires_at": written(case.expires),
            "context": question["context"],
        }
        if case.inline_actions and "inline_never_offered" not in self._defects:
            hitl["submit_url"] = f"{base}{self.respond_path}".format(case_id=case.slug)
            hitl["submit_token"] = case.submit_token
            hitl["inline_actions"] = case.inline_actions
            if case.type == "escalation":
                hitl["verification_policy"] = POLICY
        return self._spoiled(hitl, case)

    def _spoiled(self, hitl: dict[str, Any], case: Case) -> dict[str, Any]:
        if "iso_timeouts" in self._defects:
            hitl["timeout"] = f"PT{hitl['timeout'].upper()}"
        if "no_streams" in self._defects:
            del hitl["events_url"]
        if "object_unknown_field" in self._defects:
            hitl["vendor"] = "us"
        if "other_type" in self._defects and case.type == "selection":
            hitl["type"] = "input"
        if "other_timeout" in self._defects:
            hitl["timeout"] = "24h"
        if "no_timeout" in self._defects:
            del hitl["timeout"]
        if "no_address" in self._defects:
            hitl["poll_url"] = "http://["
        if "odd_letters" in self._defects and "submit_token" in hitl:
            hitl["submit_token"] = "\ud800" * 43
        if "no_form" in self._defects and case.type == "input":
            hitl["context"] = {"form": {"steps": [{"fields": [1]}]}}
        if "last_of_days" in self._defects:
            hitl["expires_at"] = "9999-12-31T23:59:59+14:00"
        if "odd_inline_actions" in self._defects and "inline_actions" in hitl:
            hitl["inline_actions"] = [*hitl["inline_actions"], "publish"]
        if "review_token_in_context" in self._defects:
            hitl["context"] = {**hitl["context"], "link": hitl["review_url"]}
        return hitl

    async def status(self, request: Request) -> Response:
        self.check_key(request, "poll_open")
        case_id = request.path_params["case_id"]
        if "\0" in case_id and "odd_id_crash" in self._defects:
            raise RuntimeError(case_id)
        if case_id == "review_conformance_absent" and "absent_poll" in self._defects:
            return JSONResponse({"status": "pending", "case_id": case_id})
        case = self._cases.named(case_id)
        self._count(case)
        tag = self._cases.etag(case)
        headers = {"etag": tag, "cache-control": "no-cache", "retry-after": "30"}
        headers |= self._odd_headers()
        if "no_etag" in self._defects:
            del headers["etag"]
        asked = request.headers.get("if-none-match", "")
        if "odd_etag_crash" in self._defects and asked.count('"') % 2:
            raise RuntimeError(asked)
        if asked == tag and "never_304" not in self._defects:
            return Response(status_code=304, headers=headers)
        body = self._cases.poll(case)
        if "other_case_id" in self._defects:
            body["case_id"] = "review_another"
        return self._sent(body, headers)

    def _odd_headers(self) -> dict[str, str]:
        odd = {}
        if "retry_in_words" in self._defects:
            odd["retry-after"] = "a minute"
        if "poll_cached" in self._defects:
            odd["cache-control"] = "public, max-age=60"
        return odd

    def _sent(self, body: dict[str, Any], headers: dict[str, str]) -> Response:
        if "poll_as_text" in self._defects:
            return PlainTextResponse(json.dumps(body), headers=headers)
        return as_json(body, headers)

    def _count(self, case: Case) -> None:
        case.polls += 1
        if case.polls > POLLS_PER_MINUTE and "unlimited" not in self._defects:
            code = "slow_down" if "odd_429_code" in self._defects else "rate_limited"
            raise Refused(429, code)


def as_json(body: Any, headers: dict[str, str], status: int = 200) -> Response:
    """Encode with escapes, so that halves of characters come through."""
    return Response(json.dumps(body), status, media_type="application/json", headers=headers)


async def whole_body(request: Request, most: int = 1024 * 1024) -> bytes:
    """Read a body of limited size."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise Refused(413, "payload_too_large")
    return body


def parsed(body: bytes, *, constants: bool = False) -> Any:
    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        value = json.loads(body.decode(), parse_constant=None if constants else refuse)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "invalid_json") from error
    if not isinstance(value, dict):
        raise Refused(422, "invalid_request")
    return value
