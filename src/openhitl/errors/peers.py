"""Somebody we called failed."""

from __future__ import annotations

from openhitl.errors.families import PeerError


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
