"""Who asks and who answers: agents, services, their keys and secrets; passkeys."""

from openhitl.identity.callbacks import CallbackSecrets
from openhitl.identity.keys import ApiKeys, Asker
from openhitl.identity.passkeys import PasskeyDesk

__all__ = ["ApiKeys", "Asker", "CallbackSecrets", "PasskeyDesk"]
