"""Devices that hold passkeys, which only the browser's own protocol knows to be false."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page

#: A device whose owner is verified whenever it is asked, and that holds passkeys.
_OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Device:
    """A page and the authenticator it can reach."""

    page: Page
    cdp: CDPSession
    authenticator: str

    @classmethod
    def beside(cls, page: Page) -> Device:
        """Give a page a device."""
        cdp = page.context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": _OPTIONS})
        return cls(page, cdp, made["authenticatorId"])

    def verifies(self, verified: bool) -> None:
        """Let the person pass, or fail, the check of fingerprint, face or PIN from now on."""
        given = {"authenticatorId": self.authenticator, "isUserVerified": verified}
        self.cdp.send("WebAuthn.setUserVerified", given)

    def passkeys(self) -> int:
        """Count the passkeys that the device holds."""
        found = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        return len(found["credentials"])
