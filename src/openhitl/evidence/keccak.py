"""Keccak-256 as Ethereum has it: padded as in the competition, not as in SHA-3. Keccak reference 3.0."""

from __future__ import annotations

from itertools import product

RATE_BYTES = 136
_MASK = (1 << 64) - 1


def _constants() -> tuple[list[int], dict[tuple[int, int], int]]:
    """Work out the round constants and the rotations of the lanes. Keccak reference §1.2."""
    rounds, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << (2**power - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        rounds.append(constant)
    offsets, x, y = {(0, 0): 0}, 1, 0
    for step in range(24):
        offsets[x, y] = (step + 1) * (step + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return rounds, offsets


_ROUNDS, _OFFSETS = _constants()
_PLACES = tuple(product(range(5), range(5)))


def _rotated(lane: int, by: int) -> int:
    return ((lane << by) | (lane >> (64 - by))) & _MASK


def _permuted(state: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    for constant in _ROUNDS:
        parity = [state[x, 0] ^ state[x, 1] ^ state[x, 2] ^ state[x, 3] ^ state[x, 4] for x in range(5)]
        mixed = [parity[x - 1] ^ _rotated(parity[(x + 1) % 5], 1) for x in range(5)]
        moved = {
            (y, (2 * x + 3 * y) % 5): _rotated(state[x, y] ^ mixed[x], _OFFSETS[x, y]) for x, y in _PLACES
        }
        state = {(x, y): moved[x, y] ^ (~moved[(x + 1) % 5, y] & moved[(x + 2) % 5, y]) for x, y in _PLACES}
        state[0, 0] ^= constant
    return state


def keccak256(data: bytes) -> bytes:
    """Return the 32 bytes of the digest."""
    padding = bytearray(RATE_BYTES - len(data) % RATE_BYTES)
    padding[0] |= 0x01
    padding[-1] |= 0x80
    padded = data + padding
    state = dict.fromkeys(_PLACES, 0)
    for start in range(0, len(padded), RATE_BYTES):
        for lane in range(RATE_BYTES // 8):
            place = start + 8 * lane
            state[lane % 5, lane // 5] ^= int.from_bytes(padded[place : place + 8], "little")
        state = _permuted(state)
    return b"".join(state[lane, 0].to_bytes(8, "little") for lane in range(4))


def hash_to_field(data: bytes) -> bytes:
    """Return the digest as World ID wants it: shifted, so that it is a number of its field."""
    return b"\0" + keccak256(data)[:31]
