"""The root secret, and everything that is derived from it or sealed under it."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openhitl.errors import SetupError, WrongSecret

ROOT_BYTES = 32
_NONCE_BYTES = 12


class Keyring:
    """Derives tokens from one 32-byte root secret, and seals what must be read again under it."""

    def __init__(self, root: bytes) -> None:
        if len(root) != ROOT_BYTES:
            raise SetupError(f"The root secret must be {ROOT_BYTES} bytes, not {len(root)}.")
        self._keyed = hmac.new(root, digestmod="sha256")
        self._aead = AESGCM(self._derive(b"seal"))

    def _derive(self, label: bytes) -> bytes:
        mac = self._keyed.copy()
        mac.update(label)
        return mac.digest()

    def case_secret(self, purpose: str, case_id: str, generation: int = 0) -> bytes:
        """Derive the 32 bytes behind a token of a case: the same for ever, so a URL can be said again."""
        return self._derive(f"token\0{purpose}\0{case_id}\0{generation}".encode())

    def blind(self, text: bytes, *, bound_to: str) -> str:
        """Digest what could be guessed, so that nobody can try guesses without the root secret."""
        digest = self._derive(b"blind\0" + bound_to.encode() + b"\0" + text)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    @property
    def fingerprint(self) -> str:
        """Tell one root secret from another without revealing it; stored beside the data."""
        return self._derive(b"fingerprint").hex()

    def seal(self, plaintext: bytes, *, bound_to: str) -> bytes:
        """Encrypt with AES-256-GCM so that it opens only for the same `bound_to` (a row's name)."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plaintext, bound_to.encode())

    def unseal(self, sealed: bytes, *, bound_to: str) -> bytes:
        """Decrypt what `seal` made. Raises: WrongSecret if it was altered, moved or sealed elsewhere."""
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())
        except (InvalidTag, ValueError) as error:
            raise WrongSecret("A sealed value does not open with this root secret.") from error


def parse_root(text: str) -> bytes:
    """Read a root secret: 64 hexadecimal digits or base64url of 32 bytes. Raises: SetupError."""
    text = text.strip()
    try:
        if len(text) == 2 * ROOT_BYTES:
            return bytes.fromhex(text)
        root = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise SetupError("HITL_SECRET_KEY is neither hexadecimal nor base64url.") from error
    if len(root) != ROOT_BYTES:
        raise SetupError(f"HITL_SECRET_KEY must hold {ROOT_BYTES} bytes, not {len(root)}.")
    return root


def secret_path(folder: Path) -> Path:
    """Name the file of a data folder that holds the root secret."""
    return folder / "secret.key"


def root_in_folder(folder: Path) -> bytes:
    """Read the root secret of a data folder, making it on first use as a file of mode 0600.

    Two processes that start together agree on one secret: the file appears whole or not at all.
    """
    path = secret_path(folder)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / f".secret.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(ROOT_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return parse_root(path.read_text(encoding="ascii"))
