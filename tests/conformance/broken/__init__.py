"""A small HITL service on a real socket that can be broken in one place at a time."""

from tests.conformance.broken.service import KEY, serving

__all__ = ["KEY", "serving"]
