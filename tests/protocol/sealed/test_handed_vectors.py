"""The same handed keys everywhere: tests/vectors/handed-keys.json, which the browser is held to as well."""

from __future__ import annotations

import pytest

from openhitl.errors import EnvelopeRefused
from openhitl.protocol.base64url import decode
from openhitl.protocol.sealed.envelope import open_envelope
from openhitl.protocol.sealed.handed import hand_over, read_handed
from openhitl.protocol.sealed.head import Direction
from openhitl.protocol.sealed.keys import Keys
from tests.protocol.sealed.make_handed import opened, text
from tests.protocol.values import VECTORS, vectors

HANDED = vectors("handed-keys")
KEYS = {name: Keys(decode(one["private"])) for name, one in HANDED["keys"].items()}


def read(handed, sealed, *, reader, devices, senders, case_id, direction):
    key = read_handed(handed, KEYS[reader], devices={KEYS[name].public for name in devices}, case_id=case_id)
    return open_envelope(
        sealed,
        key,
        senders={KEYS[name].public for name in senders},
        case_id=case_id,
        direction=Direction(direction),
    )


def test_the_file_is_what_the_maker_makes():
    assert (VECTORS / "handed-keys.json").read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("name", HANDED["handed"])
def test_handed_keys(name):
    handed, sealed = HANDED["handed"][name], HANDED["envelopes"][name]
    made = hand_over(
        opened(sealed),
        sender=KEYS[handed["sender"]],
        recipient=KEYS[handed["recipient"]].public,
        ephemeral=Keys(decode(handed["ephemeral"])),
        content_key=decode(handed["content_key"]),
    )
    assert made == handed["envelope"]
    told = {"senders": [sealed["sender"]], "case_id": sealed["case_id"], "direction": sealed["direction"]}
    found = read(made, sealed["envelope"], reader="laptop", devices=["phone", "laptop"], **told)
    assert found == opened(sealed)
    assert found.body == sealed["body"]


@pytest.mark.parametrize("trial", HANDED["refused"], ids=lambda trial: trial["name"])
def test_handed_keys_that_are_refused(trial):
    told = {name: trial[name] for name in ("reader", "devices", "senders", "case_id", "direction")}
    with pytest.raises(EnvelopeRefused) as refusal:
        read(trial["handed"], trial["envelope"], **told)
    assert refusal.value.code == trial["error"]
