"""The ways from the settings to one's account: passkeys, password, where one is signed in."""

from __future__ import annotations

from openhitl.review.inbox.sections.section import Section

ACCOUNT = Section(name="account", template="inbox/sections/account.html")
