"""The one guarded way out."""

from openhitl.outbound.guard import Guard
from openhitl.outbound.http import Fetched, OutboundHttp

__all__ = ["Fetched", "Guard", "OutboundHttp"]
