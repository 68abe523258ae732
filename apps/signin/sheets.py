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

    The QR code leads to ``address#code``: what stands behind ``#`` no server or proxy is told. On
    a letter stands besides the ``child`` who carries it home, and on the part that is torn off,
    signed and brought back the number of the slip, in words and as a QR code of nothing else.
    """

    person: Student | Guardian
    paper: LoginCard | Invitation
    code: str
    address: str
    qr: str
    child: Student | None = None
    slip: str = ""
    slip_qr: str = ""

    @property
    def is_childs(self) -> bool:
        """Whether it is a letter of a child: for whoever is a guardian."""
        return isinstance(self.person, Student)


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
    code = codes.grouped(line.code)
    if not (slip := getattr(line.paper, "slip_number", None)):
        return Sheet(line.person, line.paper, code, address, drawn, line.child)
    slip_qr = qr.drawing(slip, "控えの QRコード")
    return Sheet(
        line.person, line.paper, code, address, drawn, line.child, codes.grouped(slip), slip_qr
    )
