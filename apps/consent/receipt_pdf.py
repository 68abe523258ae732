"""A receipt as a PDF of one page or two: for who keeps papers. Layout only."""

from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

FONT = "HeiseiKakuGo-W5"  # every PDF reader brings its own for this name: nothing is embedded
KUTANI = ("#1e3f8f", "#1f6b4f", "#e3a31a", "#6a3d78", "#a9342b")
LINE, SOFT = HexColor("#ddd5c6"), HexColor("#5a5f66")
QR_MM = 42

pdfmetrics.registerFont(UnicodeCIDFont(FONT))
BODY = ParagraphStyle("body", fontName=FONT, fontSize=10.5, leading=17, wordWrap="CJK")
SMALL = ParagraphStyle("small", BODY, fontSize=8.5, leading=13, textColor=SOFT)
TITLE = ParagraphStyle("title", BODY, fontSize=18, leading=26, spaceAfter=4 * mm)
HEAD = ParagraphStyle("head", BODY, fontSize=12, leading=20, spaceBefore=5 * mm)


def receipt_pdf(*, title, facts, answers_title, answers, notes, proof_address, proof_words):
    """The bytes of the PDF.

    ``facts`` and ``answers`` are rows of two plain texts, ``notes`` sentences; ``proof_address``
    goes into the QR code ("" for none) beside ``proof_words``.
    """
    story = [Paragraph(escape(title), TITLE), _table(facts), Paragraph(escape(answers_title), HEAD)]
    story += [_table(answers), Spacer(0, 4 * mm)]
    story += [Paragraph("・" + escape(note), BODY) for note in notes]
    if proof_address:
        story += [Spacer(0, 6 * mm), _proof(proof_address, proof_words)]
    out = BytesIO()
    SimpleDocTemplate(
        out, pagesize=A4, title=title, author="加賀ポータル", lang="ja",
        leftMargin=22 * mm, rightMargin=22 * mm, topMargin=24 * mm, bottomMargin=18 * mm,
    ).build(story, onFirstPage=_band, onLaterPages=_band)  # fmt: skip
    return out.getvalue()


def _table(rows):
    cells = [[Paragraph(escape(a), SMALL), Paragraph(escape(b), BODY)] for a, b in rows]
    table = Table(cells, colWidths=[58 * mm, 108 * mm])
    table.setStyle(
        TableStyle(
            [("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        )
    )
    return table


def _proof(address, words):
    code = QrCodeWidget(address, barLevel="L", barWidth=QR_MM * mm, barHeight=QR_MM * mm)
    drawing = Drawing(QR_MM * mm, QR_MM * mm)
    drawing.add(code)
    return Table(
        [[drawing, [Paragraph(escape(word), SMALL) for word in words]]],
        colWidths=[(QR_MM + 4) * mm, (166 - QR_MM - 4) * mm],
        style=TableStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE")]),
    )


def _band(canvas, document):
    width, height = A4
    for i, colour in enumerate(KUTANI):
        canvas.setFillColor(HexColor(colour))
        canvas.rect(i * width / 5, height - 3 * mm, width / 5, 3 * mm, stroke=0, fill=1)
