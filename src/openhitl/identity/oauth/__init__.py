"""The OAuth 2.1 authorization server: programs, what people allow them, and their tokens."""

from openhitl.identity.oauth.server import AuthorizationServer

__all__ = ["AuthorizationServer"]
