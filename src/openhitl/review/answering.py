"""What humans do to a case: look, draft, answer, decline. Everything here is a POST or a PUT."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from openhitl.cases import StoredCase
from openhitl.errors import (
    CallerError,
    CaseCancelled,
    CaseCompleted,
    CaseExpired,
    DraftConflict,
    DuplicateSubmission,
    InvalidAction,
    InvalidAnswer,
    InvalidRequest,
    VerificationFailed,
    VerificationRequired,
    VerifierUnavailable,
)
from openhitl.protocol.case import Actor, ActorKind
from openhitl.protocol.evidence import FIELD as EVIDENCE
from openhitl.protocol.evidence import Evidence, parse_evidence
from openhitl.protocol.problems import check_storable, count_of, invalid, object_of
from openhitl.protocol.submission import MAX_ID_CHARACTERS, Submission, parse_submission
from openhitl.protocol.timestamps import timestamp
from openhitl.protocol.tokens import Purpose
from openhitl.review.bodies import body_object, checked_reason, reason_in
from openhitl.review.door import Door
from openhitl.review.http import Request, Response, json_response, see_other
from openhitl.review.pages import (
    PageView,
    Problems,
    StepPost,
    check_seen,
    decode_answer,
    decode_step,
    merge_draft,
)
from openhitl.review.pages.problems import NOT_PROVEN, TOO_LATE
from openhitl.review.reading import carry_name, page_response, view_of
from openhitl.review.reviewing import reviewer, submit_token

#: Refusals of what comes after the end; the page itself tells what happened.
CLOSED = (DuplicateSubmission, CaseCompleted, CaseCancelled, CaseExpired)
UNPROVEN = (VerificationRequired, VerificationFailed, VerifierUnavailable)


async def respond(door: Door, request: Request, case_id: str) -> Response:
    """Answer a case: on the page with the review token, or inline with the submit token.

    HITL v0.8 §7.5: each token is verified for its own purpose only.
    """
    token = submit_token(request)
    if token is not None:
        return await _respond_inline(door, request, case_id, token)
    actor = await reviewer(door, request, case_id)
    if request.is_form:
        return await _respond_form(door, request, case_id, actor)
    submission = parse_submission(request.json(), inline=False, demo=False)
    recorded = await door.book.submit(case_id, submission, actor)
    return json_response(200, completed_body(recorded.stored))


async def _respond_inline(door: Door, request: Request, case_id: str, token: str) -> Response:
    submission, actor = await _relayed(door, request, case_id, token)
    recorded = await door.book.submit(case_id, submission, actor)
    return json_response(200, completed_body(recorded.stored))


async def _relayed(door: Door, request: Request, case_id: str, token: str) -> tuple[Submission, Actor]:
    await door.book.files.verify(Purpose.SUBMIT, token, case_id)
    file = await door.book.files.file(case_id)
    submission = parse_submission(request.json(), inline=True, demo=file.demo)
    by = submission.submitted_by
    if by is None:
        raise InvalidRequest("submitted_by is required.")
    actor = Actor(
        kind=ActorKind.RELAYED,
        id=f"{by.platform}:{by.platform_user_id}",
        surface="inline",
        name=by.display_name,
    )
    return submission, actor


async def challenge(door: Door, request: Request, case_id: str) -> Response:
    """Say what a device needs to prove an answer; the body is the answer, as `respond` would take it.

    HITL v0.8 §7.6 leaves to services how a challenge is made.
    """
    token = submit_token(request)
    if token is not None:
        submission, actor = await _relayed(door, request, case_id, token)
        return json_response(200, await door.book.challenge(case_id, submission, actor))
    actor = await reviewer(door, request, case_id)
    if request.is_form:
        view, pairs = await view_of(door, request, case_id, drawn=False), request.form()
        check_seen(view, pairs)
        action, data = decode_answer(view, pairs)
        submission = Submission(action=action, data=data)
    else:
        submission = parse_submission(request.json(), inline=False, demo=False)
    return json_response(200, await door.book.challenge(case_id, submission, actor))


async def _respond_form(door: Door, request: Request, case_id: str, actor: Actor) -> Response:
    pairs = request.form()
    view = await view_of(door, request, case_id, drawn=False)
    try:
        check_seen(view, pairs)
        action, data = decode_answer(view, pairs)
        submission = Submission(
            action=action, data=data, submission_id=_submission_id(pairs), evidence=_evidence(pairs)
        )
        await door.book.submit(case_id, submission, actor)
    except CLOSED as error:
        return await _too_late(door, request, case_id, error, pairs)
    except (InvalidAnswer, InvalidAction, InvalidRequest) as error:
        return await page_response(await _with_problems(door, request, case_id, error, pairs))
    except (*UNPROVEN, DraftConflict) as error:
        problems = Problems(pairs=pairs, message=NOT_PROVEN.get(error.code, error.message))
        view = await view_of(door, request, case_id, problems=problems)
        return await page_response(view, status=error.status)
    gone = _carry_cookie(door, case_id, "", max_age_seconds=0)
    return _back(door, request, case_id, headers=[("set-cookie", gone)])


def _submission_id(pairs: Sequence[tuple[str, str]]) -> str | None:
    value = dict(pairs).get("submission_id", "")
    return value if 0 < len(value) <= MAX_ID_CHARACTERS else None


def _evidence(pairs: Sequence[tuple[str, str]]) -> tuple[Evidence, ...]:
    """Read the evidence that the page's script has put into the form."""
    text = dict(pairs).get(EVIDENCE, "")
    if not text:
        return ()
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        invalid(EVIDENCE, "is not JSON")
    check_storable(given)
    return parse_evidence(given)


async def _with_problems(
    door: Door, request: Request, case_id: str, error: CallerError, pairs: Sequence[tuple[str, str]]
) -> PageView:
    errors: Sequence[Mapping[str, object]] = error.details.get("errors", ())
    problems = Problems(errors=errors, pairs=pairs, message="" if errors else error.message)
    return await view_of(door, request, case_id, problems=problems)


async def _too_late(
    door: Door, request: Request, case_id: str, error: CallerError, pairs: Sequence[tuple[str, str]]
) -> Response:
    """Say that somebody, or the clock, was first, and give back what was typed."""
    problems = Problems(pairs=pairs, message=TOO_LATE)
    view = await view_of(door, request, case_id, problems=problems)
    return await page_response(view, status=error.status)


def completed_body(stored: StoredCase) -> dict[str, Any]:
    """Spell what was recorded. HITL v0.8 §7.5 "Responses"."""
    case, answer = stored.case, stored.answer
    body: dict[str, Any] = {"status": str(case.status), "case_id": case.case_id}
    if case.finished_at:
        body["completed_at"] = timestamp(case.finished_at)
    if answer:
        body["result"] = {"action": answer.action, "data": answer.public_data}
    return body


async def opened(door: Door, request: Request, case_id: str) -> Response:
    """Record that a human has looked at the page; sent by its script after a first gesture."""
    actor = await reviewer(door, request, case_id)
    await door.book.opened(case_id, actor)
    return Response(204)


async def draft(door: Door, request: Request, case_id: str) -> Response:
    """Keep what the human has typed: JSON from the page's script, or a step of an HTML form."""
    actor = await reviewer(door, request, case_id)
    if request.is_form:
        return await _draft_form(door, request, case_id, actor)
    body = body_object(request)
    values = object_of(body.get("values"), "values")
    version = None if body.get("version") is None else count_of(body["version"], "version")
    step = count_of(body.get("step", 1), "step")
    view = await view_of(door, request, case_id, drawn=False)
    merged = merge_draft(view, values)
    saved = await door.book.save_draft(
        case_id, merged, actor, base_version=version, step=step, secrets=view.carried
    )
    return Response(204, headers=(("x-draft-version", str(saved)),))


async def _draft_form(door: Door, request: Request, case_id: str, actor: Actor) -> Response:
    pairs = request.form()
    view = await view_of(door, request, case_id)
    post = decode_step(view, pairs)
    cookie = _carried(door, view, post)
    if post.problems is not None:
        # What was typed comes back with the page, secrets by way of their cookie.
        wrong = replace(view, problems=post.problems, carried=post.sensitive)
        response = await page_response(wrong)
        return replace(response, headers=(*response.headers, cookie))
    try:
        await door.book.save_draft(
            case_id,
            post.values,
            actor,
            base_version=post.version,
            step=max(1, post.step),
            secrets=post.sensitive,
        )
    except DraftConflict as error:
        problems = Problems(pairs=pairs, message=error.message)
        conflict = await view_of(door, request, case_id, problems=problems)
        again = replace(conflict, carried=post.sensitive, query=post.here)
        response = await page_response(again, status=error.status)
        return replace(response, headers=(*response.headers, cookie))
    except CLOSED as error:
        return await _too_late(door, request, case_id, error, pairs)
    return _back(door, request, case_id, query=post.query, headers=[cookie])


def _carried(door: Door, view: PageView, post: StepPost) -> tuple[str, str]:
    """Make the cookie that carries secrets on, or that forgets them."""
    case = view.stored.case
    sealed = door.book.carrier.seal(case.case_id, post.sensitive) if post.sensitive else None
    left = case.expires_at - view.now if sealed else timedelta(0)
    cookie = _carry_cookie(door, case.case_id, sealed or "", max_age_seconds=int(left.total_seconds()))
    return ("set-cookie", cookie)


def _carry_cookie(door: Door, case_id: str, value: str, *, max_age_seconds: int) -> str:
    secure = "; Secure" if door.settings.public_url.startswith("https:") else ""
    return (
        f"{carry_name(case_id)}={value}; Path={door.base or '/'}; Max-Age={max_age_seconds}; "
        f"HttpOnly; SameSite=Lax{secure}"
    )


async def decline(door: Door, request: Request, case_id: str) -> Response:
    """Cancel a case as the human. HITL v0.8 §8 "Cancelled"."""
    actor = await reviewer(door, request, case_id)
    if request.is_form:
        pairs = request.form()
        reason = checked_reason(dict(pairs).get("reason", ""))
        try:
            await door.book.cancel(case_id, actor, reason=reason)
        except CLOSED as error:
            return await _too_late(door, request, case_id, error, pairs)
        return _back(door, request, case_id)
    reason = reason_in(request)
    stored = await door.book.cancel(case_id, actor, reason=reason)
    body = {"status": str(stored.case.status), "case_id": case_id, "reason": stored.case.reason}
    if stored.case.finished_at:
        body["cancelled_at"] = timestamp(stored.case.finished_at)
    return json_response(200, body)


def _back(
    door: Door,
    request: Request,
    case_id: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Sequence[tuple[str, str]] = (),
) -> Response:
    token = request.query.get("token")
    kept = {} if token is None else {"token": token}
    extra = urlencode({**kept, **(query or {})})
    return see_other(f"{door.base}/review/{case_id}?{extra}".rstrip("?"), headers)
