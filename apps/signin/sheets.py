"""What is printed: a code in words and as a QR, ready for a template."""

from dataclasses import dataclass

from django.conf import settings

from apps.core import qr
from apps.signin import codes


@dataclass(frozen=True)
class Sheet:
    """One card or letter: for whom, the code as printed, where the QR leads, the QR itself."""

    person: object
    code: str
    url: str
    qr: str


def card_sheet(issued):
    """Sheets for [(student, code)]."""
    return [_sheet(student, code, f"{settings.PORTAL_URL}/c/{code}/") for student, code in issued]


def letter_sheet(issued):
    """Sheets for [(guardian, code)]."""
    return [_sheet(guardian, code, f"{settings.PORTAL_URL}/g/{code}/") for guardian, code in issued]


def _sheet(person, code, url):
    return Sheet(person, codes.grouped(code), url, qr.drawing(url))
