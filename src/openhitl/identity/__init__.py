"""Who asks: agents, services, their keys and the secrets of their callbacks."""

from openhitl.identity.callbacks import CallbackSecrets
from openhitl.identity.keys import ApiKeys, Asker

__all__ = ["ApiKeys", "Asker", "CallbackSecrets"]
