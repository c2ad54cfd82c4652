"""The server: the doors on one ASGI application."""
