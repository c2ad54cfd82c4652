"""Every route of the server, one list for each door."""

from __future__ import annotations

from openhitl.review.router import Route
from openhitl.review.routes import ROUTES
from openhitl.server.relay import RELAY_ROUTES

SERVER_ROUTES: tuple[Route, ...] = (
    *ROUTES,
    *RELAY_ROUTES,
)
