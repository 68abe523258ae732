"""Cards and letters ready for a template: code in words and as a QR code."""

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
    """One card or letter: the person, the printed code, the URL to type it at, the QR code.

    The QR code leads to ``address#code``: a URL fragment is sent to no server. A letter also shows
    the ``child`` who carries it home, and on the part that is torn off the slip number, in words
    and as a QR code.
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
        """Whether it is a child letter: for whoever is a guardian."""
        return isinstance(self.person, Student)


def printable_sheets(printed, *, by):
    """{"sheet": [PrintableSheet], "replaced": names, "unreadable": names} of a PrintedSheet.

    ``replaced`` are people whose code was renewed, used or ended since the printing.
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
