"""Who asks: agents, services and their keys."""

from openhitl.identity.keys import ApiKeys, Asker

__all__ = ["ApiKeys", "Asker"]
