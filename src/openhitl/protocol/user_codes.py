"""Codes that people type from one device into another. RFC 8628 §6.1."""

from __future__ import annotations

#: No vowels, so that no code is a word; nothing that looks like something else. 20^8 codes.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8


def code_from_numbers(numbers: list[int]) -> str:
    """Spell as many numbers below 20 as a code has letters: XXXX-XXXX."""
    letters = "".join(LETTERS[number] for number in numbers)
    return f"{letters[:4]}-{letters[4:]}"


def read_code(typed: str) -> str | None:
    """Read what somebody typed, however it is spaced; None for what is no code."""
    letters = [letter for letter in typed.upper() if letter.isalnum()]
    if len(letters) != LENGTH or not set(letters) <= set(LETTERS):
        return None
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"
