"""People, keys, secrets, passkeys, deliveries and the audit log, on the server's own machine."""

from __future__ import annotations

import typer

from openhitl.cli.commands.admin import audit, callbacks, clients, keys, passkeys, people, receipts

app = typer.Typer(add_completion=False, rich_markup_mode=None)
for _group in (people, keys, callbacks, receipts, passkeys, clients):
    app.add_typer(_group.app)
app.add_typer(audit.app, name="audit")


@app.callback()
def admin() -> None:
    """Work on the server's data folder. Whoever owns that folder may do all of this."""
