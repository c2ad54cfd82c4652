"""One port for one server: browsers keep keys by address, and those of two servers must not be one."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

from openhitl.cli.gateway.cookies import KEY_BYTES
from openhitl.cli.gateway.site import Site
from openhitl.client.kept_file import KeptFile
from openhitl.errors import SetupError


def claim(folder: Path, site: Site) -> bytes:
    """Remember in a folder whose a port is; return the key of the cookies there, which is drawn once.

    Raises: SetupError if it has been another server's, or the folder cannot be used.
    """
    file = KeptFile(
        folder / f"web-{site.port}.json",
        wrong="This does not say whose port that is",
        hint="Delete it, if no browser has keys for a server there.",
    )
    with file.changing():
        record = file.read()
        if record is None:
            key = secrets.token_bytes(KEY_BYTES)
            file.write({"server": site.server, "key": base64.b64encode(key).decode()})
            return key
        try:
            before, key = str(record["server"]), base64.b64decode(str(record["key"]), validate=True)
        except (KeyError, ValueError) as error:
            raise file.wrong() from error
        if len(key) != KEY_BYTES:
            raise file.wrong()
    if before != site.server:
        raise SetupError(
            f"Port {site.port} has shown {before} before, and a browser may have made keys for it there.",
            hint=f"Choose another --port for this server; or delete {file.path} if there are no such keys, "
            "or you have cleared the browser's data for that address.",
        )
    return key
