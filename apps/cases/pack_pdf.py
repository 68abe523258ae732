"""A hand-over pack as PDF: its watermark stands at the top and under each heading."""

from django.utils.translation import gettext as _

from apps.cases.services.hand_overs import Pack
from apps.core.clock import JST
from apps.core.pdf import HEAD, SMALL, TITLE, PdfDocument


def pack_pdf(pack: Pack, watermark: str) -> bytes:
    """The bytes of the file."""
    document = PdfDocument(str(pack.row))
    document.text(watermark, SMALL, after=2)
    document.text(_("%(to)s あて %(pack)s") % {"to": pack.to, "pack": pack.row}, TITLE, after=3)
    document.row(_("生徒"), str(pack.case.student))
    document.row(
        _("学校と学級"), f"{pack.case.school} {pack.case.student.home_class or ''}".strip()
    )
    document.row(_("渡すわけ"), pack.why)
    document.row(_("渡すもの"), "・".join(pack.parts))  # no sentence
    for title, facts in pack.evidence:
        _heading(document, _("気づき: %(title)s") % {"title": title}, watermark)
        for on, words in facts:
            document.row(f"{on.month}月{on.day}日", str(words))  # no sentence
    for heading, entries in pack.sections:
        _heading(document, heading, watermark)
        for entry in entries:
            at = f"{entry.at.astimezone(JST):%Y-%m-%d %H:%M}"
            lines = [f"{label}: {words}" if label else str(words) for label, words in entry.lines]
            document.row(f"{at} {entry.what} {entry.by}".strip(), "\n".join(lines))
        if not entries:
            document.text(_("ありません。"))
    return document.content()


def _heading(document: PdfDocument, heading: str, watermark: str) -> None:
    document.text(heading, HEAD, before=4)
    document.text(watermark, SMALL, after=1)
