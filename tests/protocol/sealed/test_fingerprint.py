"""Fingerprints: six proquints (arXiv 0901.4016)."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openhitl.protocol.base64url import decode
from openhitl.protocol.sealed import fingerprint
from openhitl.protocol.sealed.fingerprint import agent_fingerprint, device_fingerprint, identity_fingerprint
from tests.protocol.values import vectors

KEYS = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(
    ("bits", "word"),
    [(0x7F00, "lusab"), (0x0001, "babad"), (0x3F54, "gutih"), (0xDCC1, "tugad"), (0xFFFF, "zuzuz")],
)
def test_words_are_the_ones_of_the_paper(bits, word):
    """Its examples: 127.0.0.1 is lusab-babad, 63.84.220.193 gutih-tugad."""
    assert fingerprint._proquint(bits) == word


@pytest.mark.parametrize("vector", vectors("fingerprints"))
def test_vectors(vector):
    makers = {"identity": identity_fingerprint, "device": device_fingerprint, "agent": agent_fingerprint}
    assert makers[vector["kind"]](*map(decode, vector["keys"])) == vector["words"]


@given(KEYS, KEYS)
def test_each_kind_of_key_has_words_of_its_own(box, sign):
    told = [device_fingerprint(box, sign), identity_fingerprint(sign), agent_fingerprint(sign)]
    assert len(set(told)) == 3
    for words in told:
        assert re.fullmatch(r"([bdfghj-npr-tvz][aiou][bdfghj-npr-tvz][aiou][bdfghj-npr-tvz]( |$)){6}", words)


@given(KEYS)
def test_the_words_spell_the_first_twelve_bytes_of_the_digest(sign):
    raw = hashlib.sha256(b"openhitl identity v1\n" + sign).digest()[:12]
    bits = 0
    for letter in identity_fingerprint(sign).replace(" ", ""):
        vowel = "aiou".find(letter)
        bits = bits << 2 | vowel if vowel >= 0 else bits << 4 | "bdfghjklmnprstvz".index(letter)
    assert bits.to_bytes(12, "big") == raw
