"""What is printed: a code in words and as a QR, ready for a template."""

from dataclasses import dataclass

from django.conf import settings

from apps.core import qr
from apps.people.models import Guardian, Student
from apps.signin import codes, services
from apps.signin.models import Invitation, LoginCard, SheetKind

PATHS = {SheetKind.CARDS: "c", SheetKind.LETTERS: "g"}


@dataclass(frozen=True)
class Sheet:
    """One card or letter: for whom, the code as printed, where the QR leads, the QR itself."""

    person: Student | Guardian
    paper: LoginCard | Invitation
    code: str
    url: str
    qr: str


def sheets_of(printed, *, by):
    """{"sheet": [Sheet], "replaced": names, "unreadable": names} of a PrintedSheet.

    ``replaced`` names whose code was renewed, used or ended since the printing.
    """
    lines = services.codes_on(printed, by=by)
    path = f"{settings.PORTAL_URL}/{PATHS[printed.kind]}"
    return {
        "sheet": [_sheet(line, path) for line in lines if line.code],
        "replaced": [str(line.person) for line in lines if not line.is_valid],
        "unreadable": [str(line.person) for line in lines if line.is_valid and not line.code],
    }


def _sheet(line, path):
    url = f"{path}/{line.code}/"
    return Sheet(line.person, line.paper, codes.grouped(line.code), url, qr.drawing(url))
