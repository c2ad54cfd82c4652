"""Envelope v1: NaCl boxes as hitl-cli 1.2.1 sends and takes them."""

import base64
import json
from random import Random

import pytest
from nacl.public import Box, PrivateKey, PublicKey

from openhitl.errors import EnvelopeChanged, InvalidEnvelope, InvalidRequest
from openhitl.protocol.sealed.box import MAX_TEXT_BYTES, open_box, read_key, seal_box, write_key
from tests.protocol.sealed.messages import TRIES, keys
from tests.protocol.sealed.test_keys import LOW_ORDER

CHANCE = Random(1)
AGENT, DEVICE, OTHER = (keys(CHANCE) for _ in range(3))
NONCE = bytes(range(24))
WORDS = json.dumps({"prompt": "Größe?", "choices": ["s", "m"]})
SEALED = seal_box(WORDS, AGENT, DEVICE.public, nonce=NONCE)


def test_it_is_what_pynacl_makes_of_it():
    box = Box(PrivateKey(AGENT.private), PublicKey(DEVICE.public))
    assert base64.b64encode(bytes(box.encrypt(WORDS.encode(), NONCE))).decode() == SEALED
    assert open_box(SEALED, DEVICE, AGENT.public) == WORDS


def test_both_sides_can_read_it():
    assert open_box(SEALED, AGENT, DEVICE.public) == WORDS


@pytest.mark.parametrize(("reader", "writer"), [(OTHER, AGENT), (DEVICE, OTHER)])
def test_nobody_else_reads_or_writes_it(reader, writer):
    with pytest.raises(EnvelopeChanged):
        open_box(SEALED, reader, writer.public)


def test_any_changed_byte_is_noticed():
    raw = base64.b64decode(SEALED)
    for _ in TRIES:
        changed = bytearray(raw)
        changed[CHANCE.randrange(len(raw))] ^= CHANCE.randrange(1, 256)
        with pytest.raises(EnvelopeChanged):
            open_box(base64.b64encode(changed).decode(), DEVICE, AGENT.public)


def test_anything_cut_off_is_noticed():
    raw = base64.b64decode(SEALED)
    for length in range(len(raw)):
        with pytest.raises((EnvelopeChanged, InvalidEnvelope)):
            open_box(base64.b64encode(raw[:length]).decode(), DEVICE, AGENT.public)


@pytest.mark.parametrize("payload", ["", "====", "ä", SEALED + "\n", SEALED[:-1], SEALED[:52]])
def test_what_is_no_envelope(payload):
    with pytest.raises(InvalidEnvelope):
        open_box(payload, DEVICE, AGENT.public)


def test_base64_has_one_spelling():
    """RFC 4648 §3.5: the bits behind the last byte are zero."""
    sealed = seal_box("", AGENT, DEVICE.public, nonce=NONCE)
    assert len(base64.b64decode(sealed)) % 3 == 1
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twin = sealed[:-3] + letters[letters.index(sealed[-3]) + 1] + "=="
    assert base64.b64decode(twin) == base64.b64decode(sealed)
    with pytest.raises(InvalidEnvelope, match="spelt"):
        open_box(twin, DEVICE, AGENT.public)


def test_the_longest_text_fits():
    text = "x" * MAX_TEXT_BYTES
    assert open_box(seal_box(text, AGENT, DEVICE.public, nonce=NONCE), DEVICE, AGENT.public) == text
    with pytest.raises(InvalidRequest, match="at most"):
        seal_box(text + "x", AGENT, DEVICE.public, nonce=NONCE)


def test_a_longer_envelope_is_not_even_decoded():
    with pytest.raises(InvalidEnvelope, match="too long"):
        open_box("A" * (4 * MAX_TEXT_BYTES), DEVICE, AGENT.public)


def test_half_a_character_is_refused():
    with pytest.raises(InvalidRequest, match="half a character"):
        seal_box("\ud800", AGENT, DEVICE.public, nonce=NONCE)


def test_what_is_no_text_is_refused():
    box = Box(PrivateKey(AGENT.private), PublicKey(DEVICE.public))
    with pytest.raises(InvalidEnvelope, match="no text"):
        open_box(base64.b64encode(bytes(box.encrypt(b"\xff", NONCE))).decode(), DEVICE, AGENT.public)


@pytest.mark.parametrize("public", LOW_ORDER)
def test_public_keys_that_everybody_shares_are_refused(public):
    with pytest.raises(InvalidEnvelope):
        open_box(SEALED, DEVICE, public)


def test_keys_are_spelt_in_base64():
    assert read_key(write_key(AGENT.public)) == AGENT.public


@pytest.mark.parametrize("text", ["", "abc", write_key(bytes(31)), write_key(b"\xff" * 32), "ä" * 44])
def test_what_is_no_key(text):
    with pytest.raises(InvalidEnvelope):
        read_key(text)
