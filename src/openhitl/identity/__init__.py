"""Who asks and who answers: agents, services, their keys and secrets; people, sessions, passkeys."""

from openhitl.identity.accounts import Accounts
from openhitl.identity.agents import AgentDesk
from openhitl.identity.askers import Askers
from openhitl.identity.callbacks import CallbackSecrets
from openhitl.identity.keys import ApiKeys, Asker
from openhitl.identity.oauth import AuthorizationServer
from openhitl.identity.passkeys import PasskeyDesk
from openhitl.store.records import Agent, KeyListed

__all__ = [
    "Accounts",
    "Agent",
    "AgentDesk",
    "ApiKeys",
    "Asker",
    "Askers",
    "AuthorizationServer",
    "CallbackSecrets",
    "KeyListed",
    "PasskeyDesk",
]
