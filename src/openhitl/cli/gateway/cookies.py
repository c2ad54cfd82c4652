"""The server's cookies as a browser of this machine keeps them: encrypted, of use to this gateway alone.

A browser sends cookies of 127.0.0.1 to every port of it, and other users of the machine listen there too.
"""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openhitl.cli.gateway.site import Site
from openhitl.protocol.base64url import decode, encode

KEY_BYTES = 32
_NONCE_BYTES = 12
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r'[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e"]*')
_KEPT = {"max-age": re.compile(r"-?\d{1,12}"), "expires": re.compile(r"[\w:, -]{1,40}")}
_PATH = re.compile(r"/[\x21-\x3a\x3c-\x7e]*")


class Cookies:
    """Spells cookies for either side.

    Args:
        key: 32 bytes that nobody else has. Cookies of another key are none.
    """

    def __init__(self, site: Site, key: bytes) -> None:
        self._site = site
        self._cipher = AESGCM(key)
        # Two gateways of one machine share the browser's cookies for it.
        self._prefix = f"hitl{site.port}."

    def up(self, header: str) -> str:
        """Spell a browser's `Cookie` for the server; empty if nothing in it is of this gateway."""
        return "; ".join(self._up(header))

    def _up(self, header: str) -> Iterator[str]:
        for one in header.split(";"):
            name, equals, sealed = one.strip().partition("=")
            if equals and name.startswith(self._prefix):
                value = self._unsealed(name, sealed)
                if value is not None:
                    yield f"{name.removeprefix(self._prefix)}={value}"

    def down(self, header: str) -> str | None:
        """Spell a `Set-Cookie` for this machine, RFC 6265 §4.1; None for what is none.

        It has its own name, no domain, and is never for scripts.
        """
        first, *attributes = header.split(";")
        given_name, equals, value = first.strip().partition("=")
        if not equals or not _NAME.fullmatch(given_name) or not _VALUE.fullmatch(value):
            return None
        name, path = f"{self._prefix}{given_name}", f"{self._site.base}/"
        parts = [f"{name}={self._sealed(name, value)}"]
        for one in attributes:
            attribute, _, given = one.strip().partition("=")
            kept = _KEPT.get(attribute.lower())
            if kept is not None and kept.fullmatch(given):
                parts.append(f"{attribute}={given}")
            elif attribute.lower() == "path" and _PATH.fullmatch(given):
                path = given
        return "; ".join([*parts, f"Path={path}", "HttpOnly", "SameSite=Lax"])

    def _sealed(self, name: str, value: str) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        # Else the longest cookies of the server would be too long for a browser.
        packed = zlib.compress(value.encode("ascii"), 9)
        return encode(nonce + self._cipher.encrypt(nonce, packed, self._bound(name)))

    def _unsealed(self, name: str, text: str) -> str | None:
        try:
            sealed = decode(text)
            nonce = sealed[:_NONCE_BYTES]
            packed = self._cipher.decrypt(nonce, sealed[_NONCE_BYTES:], self._bound(name))
        except (InvalidTag, ValueError):
            return None
        return zlib.decompress(packed).decode("ascii")

    def _bound(self, name: str) -> bytes:
        return f"{self._site.server}\n{name}".encode()
