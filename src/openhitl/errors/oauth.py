"""What programs that want a grant are refused. Their codes are those of the RFCs."""

from __future__ import annotations

from openhitl.errors.families import CallerError


class OAuthError(CallerError):
    """The request is missing something, repeats it, or is malformed.

    RFC 6749 §5.2. A message is ASCII without double quotes and backslashes.
    """

    code = "invalid_request"
    status = 400

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)
        self.details = {"error_description": self.message}


class InvalidClient(OAuthError):
    """The program is not known here, or did not prove who it is.

    RFC 6749 §5.2.
    """

    code = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    """The code or token was used, is too old, was revoked, or belongs to another program.

    RFC 6749 §5.2.
    """

    code = "invalid_grant"


class UnauthorizedClient(OAuthError):
    """This program did not register for that.

    RFC 6749 §5.2.
    """

    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    """There is no such grant type here.

    RFC 6749 §5.2.
    """

    code = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    """The only response type is `code`.

    RFC 6749 §4.1.2.1.
    """

    code = "unsupported_response_type"


class InvalidScope(OAuthError):
    """There is no such scope here, or it is more than was granted.

    RFC 6749 §5.2.
    """

    code = "invalid_scope"
    hint = "The scopes are `ask` and `read`."


class InvalidTarget(OAuthError):
    """That resource is not on this server, or not what was granted.

    RFC 8707 §2.
    """

    code = "invalid_target"


class AccessDenied(OAuthError):
    """The person said no.

    RFC 6749 §4.1.2.1, RFC 8628 §3.5.
    """

    code = "access_denied"


class InvalidRedirectUri(OAuthError):
    """A redirect address is not one that can be registered.

    RFC 7591 §3.2.2.
    """

    code = "invalid_redirect_uri"
    hint = "Use https, http on 127.0.0.1, [::1] or localhost, or a scheme like com.example.app."


class InvalidClientMetadata(OAuthError):
    """What the program says of itself is not valid.

    RFC 7591 §3.2.2.
    """

    code = "invalid_client_metadata"


class AuthorizationPending(OAuthError):
    """The person has not decided yet.

    RFC 8628 §3.5.
    """

    code = "authorization_pending"


class SlowDown(OAuthError):
    """Asked too soon; wait five seconds longer from now on.

    RFC 8628 §3.5.
    """

    code = "slow_down"


class ExpiredToken(OAuthError):
    """The device code is too old.

    RFC 8628 §3.5.
    """

    code = "expired_token"
