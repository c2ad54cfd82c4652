"""What a page says was just done: sentences by the names that addresses may carry, and no others."""

from __future__ import annotations

from collections.abc import Mapping

from openhitl.words import N_, Words

NOTICES: Mapping[str, str] = {
    "signed-out": N_("You are signed out."),
    "passkey-removed": N_("The passkey was removed."),
    "password-set": N_("Your password was set. Everywhere else you are signed out."),
    "codes-on": N_("From now on your password needs a code too."),
    "codes-off": N_("Your password needs no code any more."),
    "sso-connected": N_("From now on you can sign in that way, too."),
    "sso-disconnected": N_("It signs you in no longer."),
    "device-made": N_("This browser has keys of its own now."),
    "device-in": N_("This device is signed in."),
    "device-let-in": N_("The device is in."),
    "device-approved": N_("Its keys are on your list now."),
    "device-revoked": N_("That device is signed out, and its keys are good for nothing."),
    "list-signed": N_("Your list was signed anew."),
    "session-ended": N_("That device is signed out."),
    "sessions-ended": N_("Everywhere else you are signed out."),
    "program-ended": N_("That program may not ask you any more."),
    "role-changed": N_("The role was changed."),
    "disabled": N_("The account was disabled. It is signed out everywhere."),
    "agent-made": N_("The agent was made. It asks with a key: make one below."),
    "agent-shared": N_("The agent belongs to one more person, who may answer it too."),
    "agent-unshared": N_("The agent belongs to that person no more."),
    "agent-renamed": N_("The agent has its new name."),
    "agent-muted": N_("You are told of it no more. What it asks still waits in your inbox."),
    "agent-unmuted": N_("You are told of it again."),
    "all-read": N_("All notices are read."),
    "settings-kept": N_("Your settings were kept."),
    "agent-assurance": N_("From now on its questions want that."),
    "agent-stopped": N_("The agent may ask nothing any more."),
    "agent-resumed": N_("The agent may ask again."),
    "key-revoked": N_("The key was revoked."),
    "untold": N_("That browser is told nothing more."),
    "enabled": N_("The account may be used again."),
}


def notice_of(name: str, words: Words) -> str:
    """Say what was done; nothing for a name that is none of ours."""
    return words.gettext(NOTICES[name]) if name in NOTICES else ""
