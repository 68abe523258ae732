"""What is printed: a code in words and as a QR, ready for a template."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from apps.core import qr
from apps.people.models import Guardian, Student
from apps.signin import codes, services
from apps.signin.models import Invitation, LoginCard, SheetKind

PAGES = {SheetKind.CARDS: "signin:card", SheetKind.LETTERS: "signin:letter"}


@dataclass(frozen=True)
class Sheet:
    """One card or letter: for whom, the code as printed, where to type it, the QR code.

    The QR code leads to ``address#code``: what stands behind ``#`` no server or proxy is told.
    """

    person: Student | Guardian
    paper: LoginCard | Invitation
    code: str
    address: str
    qr: str


def sheets_of(printed, *, by):
    """{"sheet": [Sheet], "replaced": names, "unreadable": names} of a PrintedSheet.

    ``replaced`` names whose code was renewed, used or ended since the printing.
    """
    lines = services.codes_on(printed, by=by)
    address = settings.PORTAL_URL + reverse(PAGES[printed.kind])
    return {
        "sheet": [_sheet(line, address) for line in lines if line.code],
        "replaced": [str(line.person) for line in lines if not line.is_valid],
        "unreadable": [str(line.person) for line in lines if line.is_valid and not line.code],
    }


def _sheet(line, address):
    drawn = qr.drawing(f"{address}#{line.code}")
    return Sheet(line.person, line.paper, codes.grouped(line.code), address, drawn)
