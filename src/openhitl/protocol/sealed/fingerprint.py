"""Fingerprints: public keys as six words that two people can read to each other.

A word is a proquint (arXiv 0901.4016): sixteen bits, spelt consonant-vowel-consonant-vowel-consonant.
"""

from __future__ import annotations

import hashlib

WORDS = 6
_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aiou"
_IDENTITY = b"openhitl identity v1\n"
_DEVICE = b"openhitl device v1\n"
_AGENT = b"openhitl agent v1\n"


def identity_fingerprint(sign: bytes) -> str:
    """Spell the identity key of a person: the Ed25519 key that signed the first of their device lists."""
    return _six_words(_IDENTITY + sign)


def device_fingerprint(box: bytes, sign: bytes) -> str:
    """Spell the two keys of a device, 32 bytes each."""
    return _six_words(_DEVICE + box + sign)


def agent_fingerprint(box: bytes) -> str:
    """Spell the X25519 key of an agent."""
    return _six_words(_AGENT + box)


def _six_words(labelled: bytes) -> str:
    digest = hashlib.sha256(labelled).digest()
    pairs = (int.from_bytes(digest[start : start + 2], "big") for start in range(0, 2 * WORDS, 2))
    return " ".join(map(_proquint, pairs))


def _proquint(bits: int) -> str:
    return (
        _CONSONANTS[bits >> 12]
        + _VOWELS[bits >> 10 & 3]
        + _CONSONANTS[bits >> 6 & 15]
        + _VOWELS[bits >> 4 & 3]
        + _CONSONANTS[bits & 15]
    )
