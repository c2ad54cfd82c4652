"""Proof that a press came from its platform: to be checked over the raw body, before anything is read.

Discord's needs a library and has a file of its own; Teams' is a JWT (see `teams`).
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from openhitl.errors import InvalidSignature

#: A request of Slack that is older or younger than this is a replay.
MAX_AGE = timedelta(minutes=5)


def check_slack(body: bytes, *, secret: str, timestamp: str, signature: str, now: datetime) -> None:
    """Check the headers `X-Slack-Request-Timestamp` and `X-Slack-Signature`.

    Raises: InvalidSignature. Source: Slack "Verifying requests from Slack", version v0.
    """
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        raise InvalidSignature
    if abs(now.timestamp() - int(timestamp)) > MAX_AGE.total_seconds():
        raise InvalidSignature("The message was signed too long ago.")
    signed = b"v0:" + timestamp.encode("ascii") + b":" + body
    _compare("v0=" + _hmac(secret, signed), signature)


def check_whatsapp(body: bytes, *, app_secret: str, signature: str) -> None:
    """Check the header `X-Hub-Signature-256`. Raises: InvalidSignature. Source: Meta "Webhooks"."""
    _compare("sha256=" + _hmac(app_secret, body), signature)


def check_telegram(*, secret_token: str, header: str) -> None:
    """Check the header `X-Telegram-Bot-Api-Secret-Token` against what `setWebhook` was given.

    Raises: InvalidSignature. Source: Telegram Bot API "setWebhook".
    """
    if not secret_token:
        raise InvalidSignature("There is no secret token to compare with.")
    _compare(secret_token, header)


def _hmac(secret: str, signed: bytes) -> str:
    if not secret:
        raise InvalidSignature("There is no secret to check with.")
    return hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def _compare(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected.encode("utf-8"), given.encode("utf-8", "replace")):
        raise InvalidSignature
