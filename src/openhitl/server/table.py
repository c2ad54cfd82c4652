"""Every route of the server, one list for each door."""

from __future__ import annotations

from openhitl.review.accounts.device_routes import DEVICE_PAGES, DEVICE_ROUTES
from openhitl.review.accounts.routes import ACCOUNT_ROUTES, SESSION_ROUTES
from openhitl.review.inbox.routes import INBOX_PAGES
from openhitl.review.installed.routes import APP_ROUTES, PUSH_ROUTES
from openhitl.review.router import Route
from openhitl.review.routes import INBOX_ROUTES, ROUTES, STATIC
from openhitl.server.consent import CONSENT_ROUTES
from openhitl.server.notices import NOTICE_ROUTES
from openhitl.server.oauth import OAUTH_ROUTES
from openhitl.server.oauth_documents import DOCUMENT_ROUTES
from openhitl.server.programs import PROGRAM_ROUTES
from openhitl.server.relay import RELAY_ROUTES
from openhitl.server.sealed import SEALED_ROUTES

#: What programs may rely on, as the OpenAPI document says.
DOCUMENTED: tuple[Route, ...] = (
    *ROUTES,
    *SESSION_ROUTES,
    *DEVICE_ROUTES,
    *INBOX_ROUTES,
    *PUSH_ROUTES,
    *NOTICE_ROUTES,
    *OAUTH_ROUTES,
    *CONSENT_ROUTES,
    *DOCUMENT_ROUTES,
    *RELAY_ROUTES,
    *SEALED_ROUTES,
)
#: For people: pages, and what their scripts fetch.
PAGES: tuple[Route, ...] = (
    *ACCOUNT_ROUTES,
    *DEVICE_PAGES,
    *PROGRAM_ROUTES,
    *INBOX_PAGES,
    *APP_ROUTES,
    STATIC,
)
SERVER_ROUTES = (*DOCUMENTED, *PAGES)
