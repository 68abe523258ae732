"""Codes that people type: easy to read aloud, hard to guess. Pure.

The alphabet has 32 characters (five bits each) without 0, O, 1 and I. A card's code has ten (50
bits, and a PIN besides), a letter's thirteen (65 bits), a slip number eight: a slip number gives no
access.
"""

import secrets
import unicodedata
from enum import StrEnum

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CARD_LENGTH, LETTER_LENGTH, SLIP_LENGTH = 10, 13, 8
GUESSABLE_PINS = {"1212", "1122", "2000", "1230"}


class PinProblem(StrEnum):
    """Why a PIN is refused; the messages are in ``words``."""

    NO_PIN = "no_pin"
    EASY_TO_GUESS = "easy_to_guess"


def generate_code(length):
    """A random code of ``n`` characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def normalise_typed_code(text):
    """A typed code in its normal form: width, case, spaces and hyphens do not matter."""
    wide = unicodedata.normalize("NFKC", text or "").upper()
    return "".join(sign for sign in wide if sign.isascii() and sign.isalnum())[:40]


def group_code(code):
    """The code as printed: groups of five (cards) or four (letters)."""
    size = 5 if len(code) == CARD_LENGTH else 4
    return "-".join(code[start : start + size] for start in range(0, len(code), size))


def pin_problem(pin: str) -> PinProblem | None:
    """Why a PIN is refused, or None if it is accepted."""
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 6):
        return PinProblem.NO_PIN
    steps = {(int(b) - int(a)) % 10 for a, b in zip(pin, pin[1:], strict=False)}
    if steps in ({0}, {1}, {9}) or pin in GUESSABLE_PINS:
        return PinProblem.EASY_TO_GUESS
    return None
