"""The review page and the answers of humans."""

from __future__ import annotations

import asyncio
import html
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from tests.conformance.broken.asking import KEY, parsed, whole_body
from tests.conformance.broken.cases import ACTIONS, OPEN, Case, Cases, Refused, written

HEADERS = {"referrer-policy": "no-referrer", "cache-control": "no-store"}
WORDS = {"approval": "feedback", "selection": "note", "confirmation": "note", "escalation": "reason"}
TRACE = 'Traceback (most recent call last):\n  File "/srv/app.py", line 7, in respond'
#: Long enough for other answers to come in between.
GAP_SECONDS = 0.3


class Answering:
    """What humans see of the service."""

    def __init__(self, defects: frozenset[str], cases: Cases) -> None:
        self._defects = defects
        self._cases = cases
        self._most = (8 if "big_taken" in defects else 1) * 1024 * 1024

    # -- the page --------------------------------------------------------------------------

    async def page(self, request: Request) -> Response:
        case_id, token = request.path_params["case_id"], request.query_params.get("token")
        if case_id == "review_conformance_absent" and "absent_page" in self._defects:
            return HTMLResponse("<p>Nothing here")
        if token and not token.isascii() and "odd_token_crash" in self._defects:
            raise RuntimeError(token)
        if token and not token.isascii() and "hangs_up" in self._defects:
            # A body that is shorter than it says ends in a closed connection.
            return StreamingResponse(iter([b"a"]), headers={"content-length": "10"})
        case = self._cases.named(case_id)
        if not self._opens(case, token):
            trace = TRACE if "stack_trace" in self._defects else ""
            raise Refused(401, "invalid_token", **({"trace": trace} if trace else {}))
        if "page_get_decides" in self._defects and "action" in request.query_params and case.status in OPEN:
            await self._cases.complete(case, {"action": request.query_params["action"], "data": {}}, {})
        headers = dict(HEADERS)
        if "referrer_leaks" in self._defects:
            del headers["referrer-policy"]
        if "page_cached" in self._defects:
            headers["cache-control"] = "public, max-age=600"
        kind = PlainTextResponse if "page_as_text" in self._defects else HTMLResponse
        status = 410 if case.status == "expired" and "gone_pages" in self._defects else 200
        return kind(self._drawn(case), status, headers)

    def _opens(self, case: Case, token: str | None) -> bool:
        if token is None:
            return bool({"page_without_token", "no_token_in_url"} & self._defects)
        if "page_prefix_token" in self._defects:
            return bool(token) and case.review_token.startswith(token[:20])
        return token == case.review_token

    def _drawn(self, case: Case) -> str:
        viewport = '<meta name="viewport" content="width=device-width">'
        head = "" if "no_viewport" in self._defects else viewport
        prompt = str(case.question["prompt"])
        prompt = prompt if "markup_raw" in self._defects else html.escape(prompt)
        form = f'<form method="post"><button name="action" value="{case.id}">Answer</button></form>'
        state = f"<p>{case.status}</p>"
        if case.status in OPEN:
            state = form
        if case.status == "completed" and "form_after_answer" in self._defects:
            state = form
        if case.status == "expired" and "form_after_expiry" in self._defects:
            state = form
        hidden = case.submit_token if "submit_token_in_page" in self._defects else ""
        return f"<!doctype html><html><head>{head}</head><body>{prompt}{state}{hidden}</body></html>"

    # -- answers ---------------------------------------------------------------------------

    async def respond(self, request: Request) -> Response:
        try:
            return await self._responded(request)
        except Refused as refused:
            if refused.status == 401 and "wrong_tokens_are_404" in self._defects:
                refused.status = 404
            raise

    async def _responded(self, request: Request) -> Response:
        if request.method in ("GET", "HEAD"):
            return await self._looked(request)
        case = self._cases.named(request.path_params["case_id"])
        bearer = request.headers.get("authorization", "").partition(" ")[2]
        inline = "authorization" in request.headers
        if inline and not self._may_submit(case, bearer):
            raise Refused(401, "nope" if "odd_submit_token_code" in self._defects else "invalid_token")
        if not inline and not self._may_answer(case, request.query_params.get("token")):
            raise Refused(401, "nope" if "odd_token_code" in self._defects else "invalid_token")
        body = self._read(await whole_body(request, self._most))
        if case.status in OPEN or case.status == "expired":
            self._check(case, body, inline)
        await self._take(case, body, inline)
        told = {
            "status": case.status,
            "case_id": self._cases.public_id(case),
            "completed_at": written(case.finished),
        }
        if "sent_back" in self._defects and not inline:
            return RedirectResponse(case.base, 303)
        return JSONResponse({} if inline and "inline_says_nothing" in self._defects else told)

    async def _looked(self, request: Request) -> Response:
        case = self._cases.named(request.path_params["case_id"])
        if (
            "respond_get_decides" in self._defects
            and case.status in OPEN
            and "action" in request.query_params
        ):
            await self._cases.complete(case, {"action": request.query_params["action"], "data": {}}, {})
        raise Refused(405, "method_not_allowed")

    def _may_answer(self, case: Case, token: str | None) -> bool:
        if "any_review_token" in self._defects:
            return bool(token and self._cases.with_review_token(token))
        if "submit_token_answers" in self._defects and token == case.submit_token:
            return True
        return token == case.review_token

    def _may_submit(self, case: Case, token: str) -> bool:
        if "prefix_submits" in self._defects and token and case.submit_token.startswith(token):
            return True
        if "review_token_submits" in self._defects and token == case.review_token:
            return True
        if "key_submits" in self._defects and token == KEY:
            return True
        return token == case.submit_token

    def _read(self, content: bytes) -> dict[str, Any]:
        if content.startswith(b"[") and "array_crash" in self._defects:
            raise RuntimeError(content)
        if b'{"a":{"a":' in content and "nesting_crash" in self._defects:
            raise RecursionError
        body = parsed(content, constants="nan_taken" in self._defects)
        action = body.get("action")
        if "first_of_list" in self._defects and isinstance(action, list):
            body["action"] = action[0]
        if "actions_trimmed" in self._defects and isinstance(action, str):
            body["action"] = action.strip().lower()
        if "nan_taken" in self._defects and "nan" in str(body.get("data")).lower():
            body["data"] = {}
        if "nul_dropped" in self._defects and isinstance(body.get("data"), dict):
            body["data"] = json.loads(json.dumps(body["data"]).replace("\\u0000", ""))
        return body

    def _check(self, case: Case, body: dict[str, Any], inline: bool) -> None:
        action, data = body.get("action"), body.get("data", {})
        if action == "publish" and "any_action" in self._defects and not inline:
            return
        if not isinstance(action, str) or action not in ACTIONS[case.type] or not isinstance(data, dict):
            raise Refused(422, "invalid_answer")
        if inline:
            self._check_inline(case, body)
        if not self._fits(case, data):
            raise Refused(422, "invalid_answer")

    def _fits(self, case: Case, data: dict[str, Any]) -> bool:
        words = data.get(WORDS.get(case.type, ""), "")
        if "any_data" in self._defects:
            return case.type != "input" or "name" in data
        if case.type == "selection" and "selections_refused" in self._defects:
            return False
        if case.type == "input":
            return "name" in data or "fields_optional" in self._defects
        lists = isinstance(data.get("selected", []), list) and isinstance(
            data.get("confirmed_items", []), list
        )
        return isinstance(words, str) and lists and (case.type != "selection" or "selected" in data)

    def _check_inline(self, case: Case, body: dict[str, Any]) -> None:
        missing = {"submitted_by", "submitted_via"} - body.keys()
        if missing and "anonymous_submits" not in self._defects:
            raise Refused(422, "invalid_request")
        if case.type == "escalation" and "no_evidence_needed" not in self._defects:
            raise Refused(403, "verification_required", case_id=self._cases.public_id(case))
        if body["action"] in (case.inline_actions or ()) or "all_inline" in self._defects:
            return
        more = {"case_id": self._cases.public_id(case), "review_url": f"{case.base}/review/{case.slug}"}
        if "bare_403" in self._defects:
            del more["case_id"]
        if "no_page_in_403" in self._defects:
            del more["review_url"]
        raise Refused(403, "action_not_inline", **more)

    async def _take(self, case: Case, body: dict[str, Any], inline: bool) -> None:
        result = {"action": body["action"], "data": body.get("data", {})} if "action" in body else {}
        if "selections_lost" in self._defects and case.type == "selection":
            result["data"] = {}
        context = self._context(body, inline)
        was_open = case.status in OPEN
        if "race" in self._defects and "answer" in str(result):
            await asyncio.sleep(GAP_SECONDS)
        if case.status == "expired":
            await self._late(case, result, context)
        elif not was_open:
            await self._again(case, result, inline)
        else:
            await self._cases.complete(case, result, context)

    def _context(self, body: dict[str, Any], inline: bool) -> dict[str, Any]:
        if not inline or "recorded_as_browser" in self._defects:
            return {"mode": "browser_submit"}
        nobody = {"platform": "x-nobody", "platform_user_id": "x-nobody"}
        return {
            "mode": "inline_submit",
            "submitted_via": body.get("submitted_via", "x-nobody"),
            "submitted_by": body.get("submitted_by", nobody),
        }

    async def _late(self, case: Case, result: dict[str, Any], context: dict[str, Any]) -> None:
        if "late_overwrites" in self._defects:
            await self._cases.complete(case, result, context)
        if "late_taken" in self._defects:
            return
        if "late_is_conflict" in self._defects:
            raise Refused(409, "duplicate_submission")
        raise Refused(410, "too_late" if "odd_late_code" in self._defects else "case_expired")

    async def _again(self, case: Case, result: dict[str, Any], inline: bool) -> None:
        if "twice" in self._defects and not inline:
            return
        if "twice_inline" in self._defects and inline:
            return
        if "overwrites" in self._defects:
            case.result = {**result, "data": {**result["data"], "note": "the last one"}}
        raise Refused(409, "again" if "odd_duplicate_code" in self._defects else "duplicate_submission")
