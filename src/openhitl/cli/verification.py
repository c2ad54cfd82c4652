"""Verify the receipt of a case that lies in a file."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openhitl.agent.receipts import verify_receipt
from openhitl.cli.answers import print_json
from openhitl.cli.contexts import UsageMistake
from openhitl.cli.exits import Exit
from openhitl.cli.terminal import for_stdout
from openhitl.client.config import ClientConfig
from openhitl.client.exchange import Request, json_object
from openhitl.client.session import Session
from openhitl.errors import InvalidReceipt
from openhitl.protocol.addresses import is_web_address
from openhitl.protocol.receipts import VerifiedReceipt


def json_file(source: str, option: str) -> Mapping[str, Any]:
    """Read a JSON object from a file, `-` for standard input.

    Raises: UsageMistake if there is no such file; InvalidReceipt for anything but a JSON object, and for
    one that has a name twice: programs differ in which of the two they read.
    """
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        value = json.loads(text, object_pairs_hook=_once)
    except OSError as error:
        raise UsageMistake(f"{option}: {source}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise InvalidReceipt(f"{option}: {source} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise InvalidReceipt(f"{option}: {source} does not hold a JSON object.")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has a name twice")
    return found


async def fetch_jwks(config: ClientConfig, source: str | None) -> Mapping[str, Any]:
    """Read a JWKS: from a file, an address, or the configured server. Raises: UsageMistake, PeerError."""
    if source is not None and not is_web_address(source):
        return json_file(source, "--jwks")
    async with Session(config.credential) as session:
        url = source or f"{config.server_url}/.well-known/jwks.json"
        return json_object(await session.exchange(Request(method="GET", url=url)))


def tell_receipt(source: str, config: ClientConfig, jwks: str | None, *, as_json: bool) -> int:
    """Say each claim of a receipt that holds; return the exit code.

    Raises: InvalidReceipt, unless it is told as JSON; UsageMistake, PeerError.
    """
    try:
        body = json_file(source, "--verify")
        receipt = verify_receipt(body, asyncio.run(fetch_jwks(config, jwks)))
    except InvalidReceipt as error:
        if not as_json:
            raise
        print_json({"valid": False, "error": error.code, "message": error.message})
        return Exit.ERROR
    if as_json:
        print_json({"valid": True, "case_id": receipt.case_id, "checks": _rows(receipt)})
        return Exit.ANSWERED
    width = max(len(check.claim) for check in receipt.checks)
    for check in receipt.checks:
        how = "checked" if check.compared else "said   "
        print(for_stdout(f"{how}  {check.claim:<{width}}  {check.value}"))
    return Exit.ANSWERED


def _rows(receipt: VerifiedReceipt) -> list[dict[str, Any]]:
    return [
        {"claim": check.claim, "value": check.value, "compared": check.compared} for check in receipt.checks
    ]
