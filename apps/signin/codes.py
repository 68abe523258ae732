"""Codes that people type: easy to read aloud, hard to guess. Pure.

Thirty-two signs, five bits each: 0 and O, 1 and I are left out, and read as no code at all. A
card has ten (50 bits, and a PIN behind it), a letter thirteen (65 bits), the slip of a letter
eight: it lets nobody in.
"""

import secrets
import unicodedata
from enum import StrEnum

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CARD_LENGTH, LETTER_LENGTH, SLIP_LENGTH = 10, 13, 8
GUESSABLE_PINS = {"1212", "1122", "2000", "1230"}


class PinProblem(StrEnum):
    """Why a PIN will not do; the sentence is in ``words``."""

    NO_PIN = "no_pin"
    EASY_TO_GUESS = "easy_to_guess"


def generate_code(length):
    """A fresh code of this many signs."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def normalise_typed_code(text):
    """What was typed, as it was printed: width, case, spaces and hyphens do not matter."""
    wide = unicodedata.normalize("NFKC", text or "").upper()
    return "".join(sign for sign in wide if sign.isascii() and sign.isalnum())[:40]


def group_code(code):
    """The code as printed: in groups of five (cards) or four (letters)."""
    size = 5 if len(code) == CARD_LENGTH else 4
    return "-".join(code[start : start + size] for start in range(0, len(code), size))


def pin_problem(pin: str) -> PinProblem | None:
    """Why a PIN will not do, or None where it will."""
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 6):
        return PinProblem.NO_PIN
    steps = {(int(b) - int(a)) % 10 for a, b in zip(pin, pin[1:], strict=False)}
    if steps in ({0}, {1}, {9}) or pin in GUESSABLE_PINS:
        return PinProblem.EASY_TO_GUESS
    return None
