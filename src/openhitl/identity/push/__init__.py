"""Web Push: the browsers that people want to be told in, and the way to them."""

from openhitl.identity.push.desk import Press, PushDesk
from openhitl.identity.push.sender import PushSender

__all__ = ["Press", "PushDesk", "PushSender"]
