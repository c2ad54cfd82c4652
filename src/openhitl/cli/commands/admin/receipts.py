"""The key that signs receipts."""

from __future__ import annotations

import typer

from openhitl.cli.terminal import Terminal
from openhitl.server.receipt_admin import rotate_receipt_key
from openhitl.settings import load_settings

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("rotate-receipt-key")
def print_new_receipt_key() -> None:
    """Sign receipts with a new key from now on, and print its `kid`, alone, on stdout."""
    print(rotate_receipt_key(load_settings()))
    Terminal().say("Receipts that were signed before stay valid: the old public keys stay in the JWKS.")
