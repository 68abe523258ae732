"""A plain A4 document in which every character appears: text, rows of two columns, a QR code.

Each grapheme is drawn in a font that has it (apps.core.fonts); what is embedded is a small subset,
so that the text can be read, searched and copied everywhere.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import normalize

import segno
from fpdf import FPDF
from fpdf.line_break import Fragment

from apps.core import fonts
from apps.core.linebreaks import break_lines

MARGIN_MM, TOP_MM, BOTTOM_MM = 22, 24, 18
WIDTH_MM = 210 - 2 * MARGIN_MM
POINT_MM = 25.4 / 72
LINE_COLOUR = (0xDD, 0xD5, 0xC6)
BAND_COLOURS = ((0x1E, 0x3F, 0x8F), (0x1F, 0x6B, 0x4F), (0xE3, 0xA3, 0x1A), (0x6A, 0x3D, 0x78),
          (0xA9, 0x34, 0x2B))  # fmt: skip
BAND_MM = 3
SUBSTITUTED_NOTE = (
    "「{shown}」は、同じ字の別の形(異体字)を印刷できないため、この形で印刷しています: {code}"
)
UNPRINTABLE_NOTE = "{shown} は、印刷できない文字の番号です。"


@dataclass(frozen=True)
class TextStyle:
    """Size and leading in points, colour as RGB."""

    size: float
    leading: float
    colour: tuple[int, int, int] = (0, 0, 0)


BODY = TextStyle(10.5, 17)
SMALL = TextStyle(8.5, 13, (0x5A, 0x5F, 0x66))
TITLE = TextStyle(18, 26)
HEAD = TextStyle(12, 20)


class PdfDocument:
    """Collects what is to be drawn from the top down; ``content`` draws it.

    Units are millimetres unless a name says points.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._texts: list[str] = []
        self._drawings: list[Callable[[FPDF], None]] = []

    def text(
        self, text: str, style: TextStyle = BODY, *, before: float = 0, after: float = 0
    ) -> None:
        """A paragraph over the whole width, with space before and after it."""
        self._texts.append(text)
        self._drawings.append(lambda pdf: self._paragraph(pdf, text, style, before, after))

    def gap(self, high: float) -> None:
        """Empty space."""
        self._drawings.append(lambda pdf: pdf.set_y(pdf.get_y() + high))

    def row(self, name: str, value: str, *, name_width: float = 58) -> None:
        """A name and its value beside each other, a thin line under them."""
        self._texts += [name, value]
        self._drawings.append(lambda pdf: self._row(pdf, name, value, name_width))

    def code(self, address: str, words: Iterable[str], *, size: float = 42) -> None:
        """A QR code of ``address`` with sentences beside it."""
        words = list(words)
        self._texts += words
        self._drawings.append(lambda pdf: self._code(pdf, address, words, size))

    def content(self) -> bytes:
        """The bytes of the PDF. What could not be drawn as it is written is listed at the end."""
        for note in substitution_notes(self._texts):
            self.text(note, SMALL, before=2)
        with TemporaryDirectory() as folder:
            pdf = self._begin(Path(folder))
            for draw in self._drawings:
                draw(pdf)
            return bytes(pdf.output())

    # -- drawing ---------------------------------------------------------------------------------

    def _begin(self, folder):
        pdf = new_pdf(self.title, self._texts, folder)
        pdf.add_page()
        return pdf

    def _paragraph(self, pdf, text, style, before, after):
        pdf.set_y(pdf.get_y() + before)
        for line in wrapped_lines(text, style, WIDTH_MM):
            self._make_space(pdf, style.leading * POINT_MM)
            draw_line(pdf, line, style, MARGIN_MM)
            pdf.set_y(pdf.get_y() + style.leading * POINT_MM)
        pdf.set_y(pdf.get_y() + after)

    def _row(self, pdf, name, value, name_width):
        left = wrapped_lines(name, SMALL, name_width - 4)
        right = wrapped_lines(value, BODY, WIDTH_MM - name_width)
        sides = ((left, SMALL, MARGIN_MM), (right, BODY, MARGIN_MM + name_width))
        high = max(len(side) * style.leading for side, style, _ in sides) * POINT_MM
        self._make_space(pdf, min(high + 2, 200))
        top = pdf.get_y() + 1
        for side, style, x in sides:
            for n, line in enumerate(side):
                pdf.set_y(top + n * style.leading * POINT_MM)
                draw_line(pdf, line, style, x)
        pdf.set_y(top + high + 1)
        pdf.set_draw_color(*LINE_COLOUR)
        pdf.set_line_width(0.18)
        pdf.line(MARGIN_MM, pdf.get_y(), MARGIN_MM + WIDTH_MM, pdf.get_y())

    def _code(self, pdf, address, words, size):
        self._make_space(pdf, size)
        top = pdf.get_y()
        draw_code(pdf, address, MARGIN_MM, top, size)
        text = [wrapped_lines(word, SMALL, WIDTH_MM - size - 4) for word in words]
        flat = [line for one in text for line in one]
        high = len(flat) * SMALL.leading * POINT_MM
        pdf.set_y(top + max(0, (size - high) / 2))
        for line in flat:
            draw_line(pdf, line, SMALL, MARGIN_MM + size + 4)
            pdf.set_y(pdf.get_y() + SMALL.leading * POINT_MM)
        pdf.set_y(max(pdf.get_y(), top + size))

    def _make_space(self, pdf, high):
        if pdf.get_y() + high > pdf.h - BOTTOM_MM:
            pdf.add_page()


class PdfPages(FPDF):
    """Every page begins with the five colours of Kutani; a run of text stays one run."""

    def _parse_chars(self, text, markdown, **_):
        # The library would separate a character from its selector, as another script.
        yield Fragment(text, self._get_current_graphics_state(), self.k)

    def header(self):
        for n, colour in enumerate(BAND_COLOURS):
            self.set_fill_color(*colour)
            self.rect(n * self.w / 5, 0, self.w / 5, BAND_MM, style="F")


def new_pdf(title: str, texts: Iterable[str], folder: Path) -> PdfPages:
    """An A4 document without pages, with what these texts need of the fonts, embedded once."""
    pdf = PdfPages(format="A4")
    pdf.set_title(title)
    pdf.set_author("加賀ポータル")
    pdf.set_lang("ja")
    pdf.set_margins(MARGIN_MM, TOP_MM, MARGIN_MM)
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    pdf.set_text_shaping(True, features=fonts.SHAPING)
    for number, path in subset_fonts(texts, folder).items():
        pdf.add_font(f"face{number}", fname=path)
    return pdf


def wrapped_lines(text: str, style: TextStyle, width: float) -> list[list[fonts.TextRun]]:
    """The lines of a text in this style, each a list of TextRuns; a text without letters is one."""
    found = fonts.text_runs(text)
    em = style.size * POINT_MM
    faces = fonts.font_faces()
    by_text = {piece.text: faces[piece.font].width(piece.text) * em for piece in found}
    units = [piece.text for piece in found]
    return [
        [found[n] for n in line] for line in break_lines(units, width, by_text.__getitem__)
    ] or [[]]


def substitution_notes(texts: Iterable[str]) -> list[str]:
    """Sentences about what no font could draw as it is written, each thing once."""
    found = dict.fromkeys(
        piece for text in texts for piece in fonts.text_runs(text) if piece.text != piece.wanted
    )
    return [_note(piece) for piece in found]


def _note(piece):
    if piece.text.startswith("[U+"):
        return UNPRINTABLE_NOTE.format(shown=piece.text)
    code = " ".join(f"U+{ord(char):04X}" for char in piece.wanted)
    return SUBSTITUTED_NOTE.format(shown=piece.text, code=code)


def subset_fonts(texts: Iterable[str], folder: Path) -> dict[int, Path]:
    """{number of the font: path of a copy with what the texts (and the notes) need}."""
    needed: dict[int, str] = {0: " "}
    for text in texts:
        for piece in fonts.text_runs(text):
            needed[piece.font] = needed.get(piece.font, "") + piece.text
    paths = {}
    for number, text in needed.items():
        face = fonts.font_faces()[number]
        paths[number] = folder / f"face{number}.{'ttf' if face.is_truetype else 'otf'}"
        paths[number].write_bytes(face.subset(text + normalize("NFC", text)))
    return paths


def draw_line(pdf: FPDF, line: list[fonts.TextRun], style: TextStyle, x: float) -> None:
    """One line of ``broken`` from ``x`` on, at the present height."""
    pdf.set_x(x)
    pdf.set_text_color(*style.colour)
    for font, text in _runs(line):
        pdf.set_font(f"face{font}", size=style.size)
        pdf.cell(w=None, h=style.leading * POINT_MM, text=text)


def _runs(line):
    """[(font, text)] of pieces that stand together."""
    runs = []
    for piece in line:
        if runs and runs[-1][0] == piece.font:
            runs[-1] = (piece.font, runs[-1][1] + piece.text)
        else:
            runs.append((piece.font, piece.text))
    return runs


def draw_code(pdf: FPDF, data: str, x: float, y: float, size: float) -> None:
    """A QR code (never a Micro QR, which few phones read) as one filled path."""
    rows = [list(row) for row in segno.make_qr(data, error="l").matrix_iter(border=2)]
    step = size / len(rows)
    path = []
    for n, row in enumerate(rows):
        top = (pdf.h - y - n * step) * pdf.k
        start = None
        for m, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = m
            elif not dark and start is not None:
                left, wide = (x + start * step) * pdf.k, (m - start) * step * pdf.k
                path.append(f"{left:.2f} {top:.2f} {wide:.2f} {-step * pdf.k:.2f} re")
                start = None
    pdf.set_fill_color(0, 0, 0)
    pdf._out("\n".join([*path, "f"]))
