"""Every error that OpenHITL raises: a stable code, an HTTP status and a hint.

Three families, by whose fault it is: `CallerError` (ours to refuse), `PeerError` (somebody we
called failed) and `StoreError` (our own storage); and `NoAnswer`, which is nobody's. The first line
of a class's docstring is its default message. Each surface renders them once: the protocol door as
`{"error": code, "message": …, **details}`, the command line as `error:` and `hint:`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class HitlError(Exception):
    """Something went wrong."""

    code = "internal_error"
    status = 500
    hint = ""

    def __init__(self, message: str | None = None, *, hint: str | None = None, **details: Any) -> None:
        self.message = message or _first_line(type(self))
        if hint is not None:
            self.hint = hint
        self.details: Mapping[str, Any] = details
        super().__init__(self.message)

    def __str__(self) -> str:
        """Say the message and, a line each, which fields were wrong and why."""
        errors = self.details.get("errors")
        listed = errors if isinstance(errors, list | tuple) else ()
        wrong = [one for one in listed if isinstance(one, Mapping)]
        told = [f"  {one.get('path')}: {one.get('message')}" for one in wrong]
        return "\n".join([self.message, *told])


def _first_line(error_class: type) -> str:
    return (error_class.__doc__ or "").strip().splitlines()[0]


# -- the caller's fault -----------------------------------------------------------------------


class CallerError(HitlError):
    """The request was refused."""

    code = "invalid_request"
    status = 422


class MalformedRequest(CallerError):
    """The request could not be parsed."""

    code = "invalid_json"
    status = 400
    hint = "Send one JSON object, encoded as UTF-8."


class InvalidType(CallerError):
    """The review type is not known."""

    code = "invalid_type"
    status = 400
    hint = "Use approval, selection, input, confirmation or escalation."


class InvalidRequest(CallerError):
    """A field of the request is not valid."""


class UnsupportedField(CallerError):
    """This server cannot honour a field of the request."""

    code = "unsupported_field"


class NoItems(CallerError):
    """A selection needs at least one item in context.items."""

    code = "no_items"


class IdempotencyMismatch(CallerError):
    """This Idempotency-Key was used before with another body."""

    code = "idempotency_mismatch"
    hint = "Use a new key for a new request."


class InvalidAction(CallerError):
    """The action is not one of this review type."""

    code = "invalid_action"


class InvalidAnswer(CallerError):
    """The answer is not valid for this case."""

    code = "invalid_answer"


class Unauthorized(CallerError):
    """Credentials are missing."""

    code = "unauthorized"
    status = 401
    hint = "Send the API key as `Authorization: Bearer …` or `X-API-Key`."


class InvalidToken(CallerError):
    """The token or key is not valid here."""

    code = "invalid_token"
    status = 401


class InvalidSignature(CallerError):
    """The signature does not belong to this message."""

    code = "invalid_signature"
    status = 401


class InvalidPress(CallerError):
    """This is not the press of a button that asked for a decision."""

    code = "invalid_press"


class PolicyRefused(CallerError):
    """The owner's policy does not allow this."""

    code = "policy_refused"
    status = 403


class SignInRequired(CallerError):
    """Only somebody who is signed in may do this."""

    code = "sign_in_required"
    status = 401
    hint = "Sign in at /sign-in, or with `hitl signin`."


class NotSignedIn(CallerError):
    """That did not let you in: the name, the password, the code or the link is wrong."""

    code = "sign_in_failed"
    status = 401


class SsoFailed(CallerError):
    """That sign-in was begun elsewhere or too long ago, or the provider did not let you in."""

    code = "sso_failed"
    status = 401
    hint = "Start again from the sign-in page."


class SsoRefused(CallerError):
    """The provider knows you, but nobody here is connected with that account of yours."""

    code = "sso_refused"
    status = 403
    hint = "Sign in otherwise and connect the two on your account's page, or ask an owner for an invitation."


class SubjectTaken(CallerError):
    """Somebody else here is connected with that account."""

    code = "subject_taken"
    status = 409


class NotAssignee(CallerError):
    """Somebody else has been asked."""

    code = "not_assignee"
    status = 403


class NotOwner(CallerError):
    """Only owners of this server may do this."""

    code = "not_owner"
    status = 403


class CrossSite(CallerError):
    """This did not come from a page of this server that you have open."""

    code = "cross_site"
    status = 403
    hint = "Reload the page and try again."


class InsufficientScope(CallerError):
    """This credential was made for less."""

    code = "insufficient_scope"
    status = 403


class NameTaken(CallerError):
    """Somebody has this name already."""

    code = "name_taken"
    status = 409


class LastOwner(CallerError):
    """Somebody has to stay the owner of this server."""

    code = "last_owner"
    status = 409
    hint = "Make somebody else an owner first."


class ActionNotInline(CallerError):
    """This action cannot be submitted inline; open the review page."""

    code = "action_not_inline"
    status = 403


class VerificationRequired(CallerError):
    """This answer counts only with evidence that the case's policy asks for."""

    code = "verification_required"
    status = 403
    hint = "Open the review page: it asks for the evidence."


class VerificationFailed(CallerError):
    """The evidence does not prove this answer."""

    code = "verification_failed"
    status = 403
    hint = "Evidence is good for one answer to one case, once and for a short time: get new evidence."


class NotFound(CallerError):
    """There is no such thing here, or it is not yours."""

    code = "not_found"
    status = 404


class MethodNotAllowed(CallerError):
    """This address does not take that method."""

    code = "method_not_allowed"
    status = 405


class DuplicateSubmission(CallerError):
    """This case was already answered."""

    code = "duplicate_submission"
    status = 409


class CaseCompleted(CallerError):
    """This case was already answered and cannot be cancelled."""

    code = "case_completed"
    status = 409


class CaseCancelled(CallerError):
    """This case was cancelled."""

    code = "case_cancelled"
    status = 409


class DraftConflict(CallerError):
    """The draft was changed on another device."""

    code = "draft_conflict"
    status = 409


class CaseExpired(CallerError):
    """The deadline of this case has passed."""

    code = "case_expired"
    status = 410


class NotEnded(CallerError):
    """This case is still open: there is no end that anybody could have been told."""

    code = "not_ended"
    status = 409


class TooLateToCancel(CallerError):
    """The deadline of this case has passed; there is nothing left to withdraw."""

    code = "too_late_to_cancel"
    status = 409


class PayloadTooLarge(CallerError):
    """The body is larger than this server accepts."""

    code = "payload_too_large"
    status = 413


class UnsupportedMediaType(CallerError):
    """The body's content type is not accepted here."""

    code = "unsupported_media_type"
    status = 415
    hint = "Send application/json."


class RateLimited(CallerError):
    """Too many requests."""

    code = "rate_limited"
    status = 429


# -- OAuth: the codes are those of the RFCs ---------------------------------------------------


class OAuthError(CallerError):
    """The request is missing something, repeats it, or is malformed. RFC 6749 §5.2."""

    code = "invalid_request"
    status = 400

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)
        self.details = {"error_description": self.message}


class InvalidClient(OAuthError):
    """The program is not known here, or did not prove who it is. RFC 6749 §5.2."""

    code = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    """The code or token was used, is too old, was revoked, or belongs to another program. RFC 6749 §5.2."""

    code = "invalid_grant"


class UnauthorizedClient(OAuthError):
    """This program did not register for that. RFC 6749 §5.2."""

    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """There is no such grant type here. RFC 6749 §5.2."""

    code = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    """The only response type is `code`. RFC 6749 §4.1.2.1."""

    code = "unsupported_response_type"


class InvalidScope(OAuthError):
    """There is no such scope here, or it is more than was granted. RFC 6749 §5.2."""

    code = "invalid_scope"
    hint = "The scopes are `ask` and `read`."


class InvalidTarget(OAuthError):
    """That resource is not on this server, or not what was granted. RFC 8707 §2."""

    code = "invalid_target"


class AccessDenied(OAuthError):
    """The person said no. RFC 6749 §4.1.2.1, RFC 8628 §3.5."""

    code = "access_denied"


class InvalidRedirectUri(OAuthError):
    """A redirect address is not one that can be registered. RFC 7591 §3.2.2."""

    code = "invalid_redirect_uri"
    hint = "Use https, http on 127.0.0.1, [::1] or localhost, or a scheme like com.example.app."


class InvalidClientMetadata(OAuthError):
    """What the program says of itself is not valid. RFC 7591 §3.2.2."""

    code = "invalid_client_metadata"


class AuthorizationPending(OAuthError):
    """The person has not decided yet. RFC 8628 §3.5."""

    code = "authorization_pending"


class SlowDown(OAuthError):
    """Asked too soon; wait five seconds longer from now on. RFC 8628 §3.5."""

    code = "slow_down"


class ExpiredToken(OAuthError):
    """The device code is too old. RFC 8628 §3.5."""

    code = "expired_token"


# -- somebody we called -----------------------------------------------------------------------


class PeerError(HitlError):
    """A remote service failed."""

    code = "peer_failed"
    status = 502
    permanent = False


class ProviderFailed(PeerError):
    """The OpenID provider did not answer as it should."""

    code = "provider_failed"


class ServerUnreachable(PeerError):
    """The server cannot be reached."""

    code = "server_unreachable"
    hint = "Start one with `hitl serve`, or set HITL_SERVER_URL."


class LoginRefused(PeerError):
    """The server did not let this program log in."""

    code = "login_refused"
    permanent = True


class LoginEnded(PeerError):
    """The stored login is good no more."""

    code = "login_ended"
    permanent = True
    hint = "Run `hitl login` again, or set HITL_API_KEY."


class InvalidReceipt(PeerError):
    """The receipt does not vouch for this answer."""

    code = "invalid_receipt"
    permanent = True


class InvalidCheckpoint(PeerError):
    """This is no checkpoint of the log."""

    code = "invalid_checkpoint"
    permanent = True


class LogBroken(PeerError):
    """The log is not what was written.

    `position` in its details is the first that is wrong; `line` that of an exported file.
    """

    code = "log_broken"
    permanent = True


class VerifierUnavailable(PeerError):
    """Nobody can verify this evidence at the moment."""

    code = "verifier_unavailable"
    status = 503
    hint = "Nothing was recorded; try again."


class PeerGone(PeerError):
    """The receiver wants to be told nothing more."""

    code = "peer_gone"
    permanent = True


class InvalidHitlObject(PeerError):
    """The service asks for a human, but not in a way that can be followed."""

    code = "invalid_hitl_object"
    permanent = True
    hint = "The service must be repaired: HITL v0.8 §6 lists what a hitl object holds."


class NextCaseUnknown(PeerError):
    """The service names a next case, but not where its answer will be."""

    code = "next_case_unknown"
    permanent = True
    hint = "Ask the service again; its answer names the addresses of the next case."


class AddressRefused(PeerError):
    """That address may not be called from this server."""

    code = "address_refused"
    permanent = True


class NameNotFound(AddressRefused):
    """That name leads nowhere at the moment."""

    code = "name_not_found"
    permanent = False


# -- an answer that did not come --------------------------------------------------------------


class NoAnswer(HitlError):
    """There is no answer. The details carry `case_id`, and what the kind of end calls for.

    still_open: `review_url`. answer_expired: `default_action`, `poll`. answer_cancelled: `reason`,
    `poll`. `poll` is the poll body as the service sent it.
    """

    code = "no_answer"
    status = 504


class StillOpen(NoAnswer):
    """Nobody has answered yet; the case stays open."""

    code = "still_open"
    hint = "Wait for it again with `hitl status ID --wait` or HITL.wait(case_id)."


class AnswerExpired(NoAnswer):
    """Nobody answered before the deadline."""

    code = "answer_expired"
    hint = "Do what `default_action` says; silence is never consent."


class AnswerCancelled(NoAnswer):
    """The question was cancelled."""

    code = "answer_cancelled"


# -- our own storage and set-up ---------------------------------------------------------------


class StoreError(HitlError):
    """The storage failed."""

    code = "store_unavailable"
    status = 503


class Unavailable(StoreError):
    """The database cannot be written at the moment."""


class Overloaded(StoreError):
    """The server has more to do than it can take; try again."""

    code = "overloaded"


class OutcomeUnknown(StoreError):
    """The outcome of this write is not known yet; repeating it is safe."""

    code = "outcome_unknown"


class Stopping(StoreError):
    """This server is stopping; try again."""

    code = "stopping"


class SchemaTooNew(StoreError):
    """The database was written by a newer version of OpenHITL."""

    code = "schema_too_new"
    hint = "Upgrade OpenHITL, or restore a backup made by this version."


class WrongSecret(StoreError):
    """The root secret does not belong to this database."""

    code = "wrong_secret"
    hint = "Restore secret.key from its backup, or set HITL_SECRET_KEY to what the database was made with."


class SetupError(HitlError):
    """The configuration is not usable."""

    code = "bad_configuration"


class AlreadyServed(SetupError):
    """Another process serves this data folder. `url` is its address, None while it starts."""

    code = "already_served"

    def __init__(self, url: str | None) -> None:
        super().__init__("Another process serves this data folder.", url=url)
        self.url = url
