"""One port for one server: browsers keep keys by address, and those of two servers must not be one."""

from __future__ import annotations

from pathlib import Path

from openhitl.cli.gateway.site import Site
from openhitl.errors import SetupError


def claim(folder: Path, site: Site) -> None:
    """Remember in a folder whose a port is. Raises: SetupError if it has been another server's."""
    place = folder / f"web-{site.port}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not place.exists():
            place.write_text(f"{site.server}\n", encoding="utf-8")
        before = place.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"Whose port {site.port} is cannot be kept: {error}") from error
    if before != site.server:
        raise SetupError(
            f"Port {site.port} has shown {before} before, and a browser may have made keys for it there.",
            hint="Choose another --port for this server.",
        )
