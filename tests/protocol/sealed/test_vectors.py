"""The vectors that other programs can check themselves against. docs/envelopes.md."""

from __future__ import annotations

import base64

import pytest

from openhitl.errors import EnvelopeRefused
from openhitl.protocol.base64url import decode
from openhitl.protocol.sealed.box import open_box, seal_box
from openhitl.protocol.sealed.envelope import open_envelope, seal_envelope
from openhitl.protocol.sealed.head import Direction, Head
from openhitl.protocol.sealed.keys import Keys
from openhitl.protocol.timestamps import parse_timestamp
from tests.protocol.sealed.make_vectors import texts
from tests.protocol.values import VECTORS, vectors

V1, V2 = vectors("envelopes-v1"), vectors("envelopes-v2")
BOXES = {name: Keys(base64.b64decode(one["private"])) for name, one in V1["keys"].items()}
KEYS = {name: Keys(decode(one["private"])) for name, one in V2["keys"].items()}


def named(vectors):
    return [pytest.param(one, id=one["name"]) for one in vectors]


def test_the_files_are_what_their_script_makes():
    for name, text in texts().items():
        assert (VECTORS / f"{name}.json").read_text(encoding="utf-8") == text


def test_public_keys_belong_to_private_ones():
    assert {name: base64.b64encode(one.public).decode() for name, one in BOXES.items()} == {
        name: one["public"] for name, one in V1["keys"].items()
    }
    assert all(decode(V2["keys"][name]["public"]) == one.public for name, one in KEYS.items())


@pytest.mark.parametrize("vector", V1["sealed"], ids=len)
def test_boxes(vector):
    nonce = base64.b64decode(vector["nonce"])
    agent, phone = BOXES["agent"], BOXES["phone"]
    assert seal_box(vector["text"], agent, phone.public, nonce=nonce) == vector["payload"]
    assert open_box(vector["payload"], phone, agent.public) == vector["text"]


@pytest.mark.parametrize("vector", named(V1["refused"]))
def test_boxes_that_are_refused(vector):
    with pytest.raises(EnvelopeRefused) as refusal:
        open_box(vector["payload"], BOXES["phone"], BOXES["agent"].public)
    assert refusal.value.code == vector["error"]


def head_of(vector) -> Head:
    said = vector["head"]
    return Head(
        case_id=said["case_id"],
        direction=Direction(said["direction"]),
        expires_at=parse_timestamp(said["expires_at"]),
        seq=said["seq"],
    )


@pytest.mark.parametrize("vector", named(V2["sealed"]))
def test_messages(vector):
    head = head_of(vector)
    recipients = [KEYS[name] for name in vector["recipients"]]
    sealed = seal_envelope(
        head,
        vector["body"],
        sender=KEYS[vector["sender"]],
        recipients=[one.public for one in recipients],
        ephemeral=Keys(decode(vector["ephemeral"])),
        content_key=decode(vector["content_key"]),
    )
    assert sealed == vector["envelope"]
    for reader in recipients:
        opened = open_envelope(
            sealed,
            reader,
            senders={KEYS[vector["sender"]].public},
            case_id=head.case_id,
            direction=head.direction,
        )
        assert (opened.head, opened.body) == (head, vector["body"])


@pytest.mark.parametrize("vector", named(V2["refused"]))
def test_messages_that_are_refused(vector):
    with pytest.raises(EnvelopeRefused) as refusal:
        open_envelope(
            vector["envelope"],
            KEYS[vector["reader"]],
            senders={KEYS[name].public for name in vector["senders"]},
            case_id=vector["case_id"],
            direction=Direction(vector["direction"]),
            newer_than=vector["newer_than"],
        )
    assert refusal.value.code == vector["error"]
