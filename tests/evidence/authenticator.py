"""A passkey in software, as strict as a real one, and as false as a test wants it. WebAuthn Level 3 §6."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from openhitl.protocol.base64url import encode

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


@dataclass
class Authenticator:
    """Makes credentials and assertions for one origin; `flags` say what it claims about its user.

    With `counts` its counter goes up with every assertion; synced passkeys leave it at 0.
    """

    origin: str
    rp_id: str
    flags: int = PRESENT | VERIFIED
    counts: bool = False
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    counter: int = 0

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.create`."""
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert -7 in [one["alg"] for one in options["pubKeyCredParams"]]
        identity = (
            bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + self.public_key
        )
        data = self._data(self.flags | ATTESTED) + identity
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", challenge=options["challenge"])
        return self._credential({"clientDataJSON": encode(client), "attestationObject": encode(attestation)})

    def sign(self, options: dict[str, Any], **client: Any) -> dict[str, Any]:
        """Answer `navigator.credentials.get`; `client` replaces members of what the browser says."""
        assert options["userVerification"] == "required"
        if self.counts:
            self.counter += 1
        data = self._data(self.flags)
        said = self._client("webauthn.get", **{"challenge": options["challenge"], **client})
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        return self._credential({name: encode(part) for name, part in parts.items()})

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.counter)

    def _client(self, kind: str, **changed: Any) -> bytes:
        said = {"type": kind, "origin": self.origin, "crossOrigin": False, **changed}
        return json.dumps(said).encode()

    @property
    def public_key(self) -> bytes:
        """The public key as COSE has it. RFC 9053 §7.1.1."""
        numbers = self.key.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return cbor2.dumps({1: 2, 3: -7, -1: 1, **point})

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        name = encode(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}
