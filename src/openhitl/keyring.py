"""The root secret, and everything that is derived from it or sealed under it."""

from __future__ import annotations

import base64
import binascii
import errno
import hmac
import os
import secrets
import shlex
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from openhitl.errors import SetupError, WrongSecret

ROOT_BYTES = 32
_NONCE_BYTES = 12
_SALT_BYTES = 16


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

    def callback_secret(self, agent_id: int, generation: int) -> bytes:
        """Derive the 32 bytes behind the secret that callbacks to an agent are signed with."""
        return self._derive(f"callback\0{agent_id}\0{generation}".encode())

    def receipt_key(self, generation: int) -> bytes:
        """Derive the 32 bytes of the private key that receipts of a generation are signed with."""
        return self._derive(f"receipt\0{generation}".encode())

    def push_key(self, generation: int) -> bytes:
        """Derive the 64 bytes behind the private key that push services know this server by."""
        return b"".join(self._derive(f"push\0{generation}\0{half}".encode()) for half in range(2))

    def push_token(self, subject: str) -> str:
        """Derive what lets a button of a notification do what `subject` says."""
        token = self._derive(f"push button\0{subject}".encode())
        return base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")

    def receipt_salt(self, case_id: str) -> str:
        """Derive what keeps an answer from being guessed from its receipt: 16 bytes as base64url."""
        salt = self._derive(f"receipt salt\0{case_id}".encode())[:_SALT_BYTES]
        return base64.urlsafe_b64encode(salt).rstrip(b"=").decode("ascii")

    def blind(self, text: bytes, *, bound_to: str) -> str:
        """Digest what could be guessed, so that nobody can try guesses without the root secret."""
        digest = self._derive(b"blind\0" + bound_to.encode() + b"\0" + text)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def challenge_mac(self, challenge: bytes, *, subject: str) -> bytes:
        """Derive the 32 bytes that show a challenge to be ours and for this subject."""
        return self._derive(b"challenge\0" + subject.encode() + b"\0" + challenge)

    def form_token(self, session_hash: bytes) -> str:
        """Derive what the forms of a session's pages carry, so that nobody else's form passes for one."""
        token = self._derive(b"form\0" + session_hash)
        return base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")

    def access_token_key(self) -> bytes:
        """Derive the 32 bytes that access tokens are signed with."""
        return self._derive(b"access token")

    def successor_of(self, refresh_token: str) -> bytes:
        """Derive the 32 bytes of the refresh token that follows one: the same whenever it is asked."""
        return self._derive(b"refresh\0" + refresh_token.encode())

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


def private_folder(folder: Path) -> None:
    """Make a data folder for its owner alone, if it is not there; refuse one that others could change.

    Raises: SetupError.
    """
    try:
        _make(folder)
        found = folder.stat()
    except OSError as error:
        raise unusable(folder, error) from error
    # Root may work in anybody's folder, as in a container, and may have made one for somebody.
    if os.getuid() not in (found.st_uid, 0) and found.st_uid != 0:
        raise SetupError(
            f"The data folder {folder} belongs to another user.",
            hint="Run this as its owner, or set HITL_DATA_DIR to a folder of yours.",
        )
    if found.st_mode & stat.S_IWOTH:
        raise SetupError(
            f"Any user can write to the data folder {folder}.", hint=f"chmod o-w {shlex.quote(str(folder))}"
        )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileNotFoundError:
        _make(folder.parent)  # `parents=True` would make these as open as the umask allows
        _make(folder)
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from None


def unusable(folder: Path, error: OSError) -> SetupError:
    """Say what the system refuses to do in a data folder."""
    return SetupError(
        f"The data folder cannot be used: {error.filename or folder}: {error.strerror}.",
        hint="Set HITL_DATA_DIR to a folder that this user can write.",
    )


def private_draft(path: Path, text: str) -> Path:
    """Write a file for its owner alone, durably, beside the path where it shall appear whole."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink()
        raise
    return draft


def root_in_folder(folder: Path) -> bytes:
    """Read the root secret of a data folder, making it on first use as a file of mode 0600.

    Two processes that start together agree on one secret: the file appears whole or not at all.
    Raises: SetupError.
    """
    private_folder(folder)
    path = secret_path(folder)
    try:
        if not path.exists():
            _make_root(path)
        return parse_root(path.read_text(encoding="ascii"))
    except OSError as error:
        raise unusable(folder, error) from error
    except (SetupError, UnicodeDecodeError) as error:
        raise SetupError(
            f"{path} does not hold a root secret.", hint="Restore it from a backup: sealed data needs it."
        ) from error


def _make_root(path: Path) -> None:
    draft = private_draft(path, secrets.token_hex(ROOT_BYTES) + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    # Else a power cut could leave a database whose secret is gone.
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
