"""A text in the editor that its person likes, by way of a file that nobody else can read."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from openhitl.errors import SetupError

_USUAL = ("sensible-editor", "nano", "vi", "notepad")


def editor_of(environ: Mapping[str, str]) -> Sequence[str]:
    """Return the command of `VISUAL` or `EDITOR`, split as a shell would, else what is here.

    Raises: SetupError if there is none, or one that cannot be split.
    """
    named = environ.get("VISUAL") or environ.get("EDITOR")
    if named:
        try:
            return shlex.split(named, posix=os.name == "posix")
        except ValueError as error:
            raise SetupError(f"VISUAL or EDITOR is no command: {error}.") from error
    found = next((name for name in _USUAL if shutil.which(name)), None)
    if found is None:
        raise SetupError("There is no editor here.", hint="Set EDITOR to the command of one.")
    return [found]


def edited(text: str, *, name: str, environ: Mapping[str, str] = os.environ) -> str:
    """Have a text edited and return what became of it; the file is gone afterwards.

    What the editor leaves beside its file, such as copies for safety, goes with it. The end of line
    that editors put at the end of a file is left out where the text had none.

    Args:
        name: how the file is called, in our words and nobody else's: its ending tells editors what is in it.

    Raises: SetupError if the editor does not start, ends with an error or leaves no text.
    """
    command = editor_of(environ)
    with tempfile.TemporaryDirectory(prefix="hitl-") as folder:
        path = Path(folder) / name
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        _run(command, path)
        try:
            after = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SetupError(f"The editor left no text: {error}.") from error
    if after.endswith("\n") and not text.endswith("\n"):
        after = after.removesuffix("\n")
    return after


def _run(command: Sequence[str], path: Path) -> None:
    try:
        code = subprocess.run([*command, str(path)], check=False).returncode  # noqa: S603 - the user's own
    except OSError as error:
        raise SetupError(
            f"The editor {command[0]!r} does not start: {error.strerror}.", hint="EDITOR names another."
        ) from error
    if code:
        raise SetupError(f"The editor ended with code {code}; nothing was sent.")
