"""Run one command and render whatever goes wrong as `error:` and `hint:` on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from openhitl.cli.exits import Exit
from openhitl.errors import HitlError, InvalidToken, NotFound, Unauthorized
from openhitl.protocol.visible import visible

KEY_HINT = (
    "`hitl login` lets you in; or set HITL_API_KEY to a key of this server: on its machine "
    "`hitl admin new-key NAME` makes one."
)
LOST_HINT = "`hitl list` shows the cases that your key made; another key's are not shown."


def run(app: typer.Typer, arguments: Sequence[str], name: str) -> int:
    """Run a command with its arguments; return the exit code."""
    try:
        code = get_command(app).main(list(arguments), prog_name=name, standalone_mode=False)
    except TyperException as error:
        return _misused(error, name)
    except (Unauthorized, InvalidToken) as error:
        return _fail(error.message, KEY_HINT, Exit.ERROR)
    except NotFound as error:
        return _fail(error.message, error.hint or LOST_HINT, Exit.ERROR)
    except HitlError as error:
        return _fail(str(error), error.hint, Exit.ERROR)
    except typer.Abort:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; nothing is left to say, not even at interpreter exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.ERROR
    return code if isinstance(code, int) else Exit.ANSWERED


def _misused(error: TyperException, name: str) -> int:
    """Say what is wrong with the options, and whose help says how they are meant."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else name
    message = error.format_message().replace("Value error, ", "")
    return _fail(message, f"{command} --help", error.exit_code)


def _fail(message: str, hint: str, code: int) -> int:
    print(f"error: {visible(message)}", file=sys.stderr)
    if hint:
        print(f"hint: {visible(hint)}", file=sys.stderr)
    return code
