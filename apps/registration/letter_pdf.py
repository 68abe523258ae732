"""Draws letters as a PDF: one page per child, folded in three, with a slip to tear off.

Units are millimetres from the top left. What is the same on every page is drawn once and reused.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from apps.core import pdf as paper
from apps.core.pdf import BODY, MARGIN_MM, POINT_MM, SMALL, WIDTH_MM, TextStyle
from apps.registration import letter_text as words

FOLDS, CUT = (99, 198), 248
OUTSIDE, CALL = TextStyle(24, 30), TextStyle(13, 20)
HEAD, TEXT, LINE = TextStyle(14, 20), TextStyle(9.5, 14.5), TextStyle(8.5, 12.5)
CODE, SLIP = TextStyle(17, 24), TextStyle(14, 20)
CODE_MM, SLIP_MM, BESIDE = 44, 26, MARGIN_MM + 50
GREY = (0x77, 0x77, 0x77)


@dataclass(frozen=True)
class LetterPage:
    """What differs between letters; ``days`` says from when to when the letter is valid."""

    seat: str  # class and number: all that shows of the child on the outside
    reader: str  # the addressee, inside the fold
    code: str  # as printed, in groups
    link: str  # the content of the QR code
    days: str
    slip: str  # the slip number, without groups; "" for none
    slip_shown: str
    is_named: bool = False  # the letter names its reader, who types no name


def letters_pdf(
    pages: Iterable[LetterPage], *, school: str, municipality: str, address: str,
    on_page: Callable[[int], None] = lambda n: None,
) -> bytes:  # fmt: skip
    """The bytes of the PDF, in the order given; ``on_page`` is called after each page with the
    count.
    """
    pages = list(pages)
    common = _Common(school, municipality, address)
    texts = [text for page in pages for text in (page.seat, page.reader, page.days)]
    signs = "".join({*"".join(page.code + page.slip_shown for page in pages)})
    with TemporaryDirectory() as folder:
        pdf = paper.new_pdf(words.TITLE, [*common.texts, *texts, signs], Path(folder))
        for n, page in enumerate(pages, 1):
            pdf.add_page()
            common.draw(pdf, with_slip=bool(page.slip), is_named=page.is_named)
            _draw(pdf, page)
            on_page(n)
        return bytes(pdf.output())


class _Common:
    """The content that is the same on every page, stored as PDF operators."""

    def __init__(self, school, municipality, address):
        self.school, self.contact = school, words.CONTACT.format(school=school, city=municipality)
        self.by_hand = words.TYPED_CODE.format(address=address)
        self._drawn: dict[tuple[bool, bool], bytes] = {}

    @property
    def texts(self):
        of_words = [words.TITLE, words.ABOUT, words.SIBLINGS, words.UNEXPECTED_LETTER, words.SLIP,
                    words.FOR_GUARDIANS, words.CODE, words.SLIP_TITLE, words.SIGNATURE,
                    words.SLIP_NAME, words.SLIP_RELATION, words.TEAR_OFF, *words.FOLDS,
                    *_steps(is_named=False), *_steps(is_named=True), *self._lines()]  # fmt: skip
        return [*of_words, self.school, self.contact, self.by_hand]

    def draw(self, pdf, *, with_slip, is_named):
        """Draw it on the page that was just begun."""
        before = len(pdf.pages[pdf.page].contents)
        pdf.current_font_is_set_on_page = False
        if drawn := self._drawn.get((with_slip, is_named)):
            _name_fonts(pdf)
            pdf._out(drawn)
        else:
            self._draw(pdf, with_slip, is_named)
            self._drawn[with_slip, is_named] = bytes(pdf.pages[pdf.page].contents[before:])
        pdf.current_font_is_set_on_page = False

    def _draw(self, pdf, with_slip, is_named):
        _text(pdf, words.FOR_GUARDIANS, CALL, 52)
        _text(pdf, self.school, BODY, 62)
        for at, fold in zip(FOLDS, words.FOLDS, strict=True):
            _dashes(pdf, at, fold)
        _text(pdf, words.TITLE, HEAD, 105)
        _text(pdf, words.ABOUT, TEXT, 125.5)
        _text(pdf, words.CODE, LINE, 137, x=BESIDE)
        y = _text(pdf, self.by_hand, LINE, 155, x=BESIDE) + 1.5
        for step in _steps(is_named=is_named):
            y = _text(pdf, step, LINE, y, x=BESIDE)
        y = 203
        for line in self._lines():
            y = _text(pdf, line, LINE, y) + 0.8
        for line in (words.SIBLINGS + words.UNEXPECTED_LETTER, self.contact):
            y = _text(pdf, line, LINE, y)
        if with_slip:
            _dashes(pdf, CUT, words.TEAR_OFF)
            _text(pdf, words.SLIP_TITLE, SMALL, 254, x=MARGIN_MM + 32)
            _text(pdf, words.SLIP, LINE, 266, x=MARGIN_MM + 32)
            right = MARGIN_MM + WIDTH_MM
            _blank(pdf, words.SLIP_NAME, 272, MARGIN_MM + 32, MARGIN_MM + 58, right - 50)
            _blank(pdf, words.SLIP_RELATION, 272, right - 48, right - 23, right)
            _blank(pdf, words.SIGNATURE, 280, MARGIN_MM + 32, MARGIN_MM + 58, right)

    @staticmethod
    def _lines():
        return [line for _, line in words.LANGUAGES]


def _steps(*, is_named):
    steps = words.STEPS_NAMED if is_named else words.STEPS
    return [f"{n}. {step}" for n, step in enumerate(steps, 1)]


def _blank(pdf, label, y, x, begins, ends):
    """A blank line to write on, after its label."""
    _text(pdf, label, SMALL, y, x=x)
    pdf.set_draw_color(*GREY)
    pdf.set_line_width(0.2)
    pdf.line(begins, y + 5, ends, y + 5)


def _draw(pdf, page):
    _text(pdf, page.seat, OUTSIDE, 36, most=1)
    _text(pdf, page.reader, BODY, 112.5, most=2)
    paper.draw_code(pdf, page.link, MARGIN_MM - 2, 138, CODE_MM)
    _text(pdf, page.code, CODE, 141, x=BESIDE)
    _text(pdf, page.days, LINE, 150, x=BESIDE)
    if page.slip:
        paper.draw_code(pdf, page.slip, MARGIN_MM - 2, 256, SLIP_MM)
        _text(pdf, f"{page.seat}   {page.slip_shown}", SLIP, 259, x=MARGIN_MM + 32, most=1)


def _text(pdf, text, style, y, *, x=MARGIN_MM, most=0):
    """Draw a paragraph from ``y`` down; returns where it ends. ``most`` lines: smaller where it is
    long.
    """
    width = MARGIN_MM + WIDTH_MM - x
    lines = paper.wrapped_lines(text, style, width)
    while most and len(lines) > most and style.size > 5:
        style = TextStyle(style.size - 0.5, style.leading - 0.7, style.colour)
        lines = paper.wrapped_lines(text, style, width)
    for line in lines:
        pdf.set_y(y)
        paper.draw_line(pdf, line, style, x)
        y += style.leading * POINT_MM
    return y


def _dashes(pdf, y, label):
    pdf.set_draw_color(*GREY)
    pdf.set_line_width(0.2)
    pdf.set_dash_pattern(dash=1.5, gap=1.5)
    pdf.line(6, y, pdf.w - 6, y)
    pdf.set_dash_pattern()
    _text(pdf, label, SMALL, y + 0.4)


def _name_fonts(pdf):
    """Declare every font of the document on the page: the reused operators need them."""
    for name in list(pdf.fonts):
        pdf.set_font(name, size=1)
        pdf.set_xy(0, 0)
        pdf.cell(w=1, h=1, text=" ")
