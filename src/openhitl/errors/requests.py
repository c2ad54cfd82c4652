"""Requests that are refused, whatever they are about."""

from __future__ import annotations

from openhitl.errors.families import CallerError


class MalformedRequest(CallerError):
    """The request could not be parsed."""

    code = "invalid_json"
    status = 400
    hint = "Send one JSON object, encoded as UTF-8."


class InvalidRequest(CallerError):
    """A field of the request is not valid."""


class UnsupportedField(CallerError):
    """This server cannot honour a field of the request."""

    code = "unsupported_field"


class IdempotencyMismatch(CallerError):
    """This Idempotency-Key was used before with another body."""

    code = "idempotency_mismatch"
    hint = "Use a new key for a new request."


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


class NotFound(CallerError):
    """There is no such thing here, or it is not yours."""

    code = "not_found"
    status = 404


class MethodNotAllowed(CallerError):
    """This address does not take that method."""

    code = "method_not_allowed"
    status = 405


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
