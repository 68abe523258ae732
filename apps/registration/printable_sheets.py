"""What is printed: a code in words and as a QR, ready for a template."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from apps.core import qr
from apps.people.models import Guardian, Student
from apps.registration.models import InvitationLetter, SheetKind
from apps.registration.services import print_runs
from apps.signin import codes
from apps.signin.models import LoginCard

ENTRY_PAGES = {SheetKind.CARDS: "signin:card", SheetKind.LETTERS: "registration:letter"}


@dataclass(frozen=True)
class PrintableSheet:
    """One card or letter: for whom, the code as printed, where to type it, the QR code.

    The QR code leads to ``address#code``: what stands behind ``#`` no server or proxy is told. On
    a letter stands besides the ``child`` who carries it home, and on the part that is torn off,
    signed and brought back the number of the slip, in words and as a QR code of nothing else.
    """

    person: Student | Guardian
    paper: LoginCard | InvitationLetter
    code: str
    address: str
    qr: str
    child: Student | None = None
    slip: str = ""
    slip_qr: str = ""

    @property
    def is_child_letter(self) -> bool:
        """Whether it is a letter of a child: for whoever is a guardian."""
        return isinstance(self.person, Student)


def printable_sheets(printed, *, by):
    """{"sheet": [Sheet], "replaced": names, "unreadable": names} of a PrintedSheet.

    ``replaced`` names whose code was renewed, used or ended since the printing.
    """
    lines = print_runs.lines_of_sheet(printed, by=by)
    address = settings.PORTAL_URL + reverse(ENTRY_PAGES[printed.kind])
    return {
        "sheet": [_sheet(line, address) for line in lines if line.code],
        "replaced": [str(line.person) for line in lines if not line.is_valid],
        "unreadable": [str(line.person) for line in lines if line.is_valid and not line.code],
    }


def _sheet(line, address):
    drawn = qr.qr_svg(f"{address}#{line.code}")
    code = codes.group_code(line.code)
    if not (slip := getattr(line.paper, "slip_number", None)):
        return PrintableSheet(line.person, line.paper, code, address, drawn, line.child)
    slip_qr = qr.qr_svg(slip, "控えの QRコード")
    return PrintableSheet(
        line.person, line.paper, code, address, drawn, line.child, codes.group_code(slip), slip_qr
    )
