"""Who asks and who answers: agents, services, their keys and secrets; people, sessions, passkeys."""

from openhitl.identity.accounts import Accounts
from openhitl.identity.callbacks import CallbackSecrets
from openhitl.identity.keys import ApiKeys, Asker
from openhitl.identity.passkeys import PasskeyDesk

__all__ = ["Accounts", "ApiKeys", "Asker", "CallbackSecrets", "PasskeyDesk"]
