"""Fonts for paper: which font has a character (asked of the shaper), and small subsets of it.

The first font comes with a package of requirements.txt: Noto Sans CJK JP, 44,810 characters and
14,787 variants (the Adobe-Japan1 collection). Further ones are files of the machine
(settings.EXTRA_FONTS): IPAmj Mincho has the variants of the Hanyo-Denshi and MJ collections.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

import noto_cjk_sans_jp_regular
import uharfbuzz as hb
from django.conf import settings
from fontTools.ttLib import TTFont

from apps.core.graphemes import JOINER, graphemes, is_selector, without_selectors

MAIN_FONT = Path(str(noto_cjk_sans_jp_regular.FONT_PATH))
COMPOSING_FEATURES = ("ccmp", "locl", "mark", "mkmk")  # what joins a letter and its marks
VERTICAL = ("BASE", "VORG", "vhea", "vmtx")  # no vertical writing here
SHAPING = {"kern": False, "liga": False, "palt": False}


class FontMissing(Exception):
    """A font file is not there; the message names it (English, for the terminal)."""


@dataclass(frozen=True)
class TextRun:
    """Some text in one font: the number of the font, and whether the text was replaced.

    ``text`` differs from ``wanted`` only where no font has the grapheme: it is then the character
    without its selector or, of a character no font knows, its number ([U+1F600]).
    """

    font: int
    text: str
    wanted: str


class FontFace:
    """One font file, kept open: which glyphs it has, and subsets of it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise FontMissing(f"The font {path} is not there.")
        self.path = path
        self._face = hb.Face(hb.Blob.from_file_path(str(path)))
        self._font = hb.Font(self._face)

    @property
    def is_truetype(self) -> bool:
        """Whether the outlines are TrueType's (else PostScript's)."""
        return "glyf" in self._face.table_tags

    def has(self, grapheme: str) -> bool:
        """Whether every part has its own glyph, the variant that a selector asks for included."""
        for char, following in zip(grapheme, [*grapheme[1:], ""], strict=True):
            if following and is_selector(following):
                if not self._font.get_variation_glyph(ord(char), ord(following)):
                    return False
            elif not is_selector(char) and not self._shows(char):
                return False
        return True

    def width(self, text: str) -> float:
        """The advance of shaped text, in ems."""
        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        hb.shape(self._font, buffer, SHAPING)
        return sum(at.x_advance for at in buffer.glyph_positions) / self._face.upem

    def subset(self, text: str) -> bytes:
        """The font with nothing but what ``text`` needs."""
        wanted = hb.SubsetInput()
        wanted.unicode_set.update(map(ord, text))
        wanted.layout_feature_tag_set.clear()
        wanted.layout_feature_tag_set.update(map(_tag, COMPOSING_FEATURES))
        wanted.drop_table_tag_set.update(map(_tag, VERTICAL))
        return hb.subset(self._face, wanted).blob.data

    def _shows(self, char):
        return bool(self._font.get_nominal_glyph(ord(char)))


def rare_font() -> bytes:
    """A WOFF2 of what few fonts have: beyond U+FFFF, compatibility forms, variants by selector."""
    with TTFont(MAIN_FONT) as font:
        chars = {c for c in font.getBestCmap() if 0x20000 <= c < 0x40000 or 0xF900 <= c <= 0xFAFF}
        table = next(table for table in font["cmap"].tables if table.format == 14)
        for selector, pairs in table.uvsDict.items():
            chars |= {selector, *(char for char, glyph in pairs if glyph)}
    small = TTFont(BytesIO(FontFace(MAIN_FONT).subset("".join(map(chr, chars)))))
    small.flavor, out = "woff2", BytesIO()
    small.save(out)
    return out.getvalue()


def _tag(name):
    return int.from_bytes(name.encode(), "big")


@cache
def font_faces() -> tuple[FontFace, ...]:
    """The fonts in the order in which they are tried. Raises FontMissing for the first only."""
    extra = [Path(name) for name in settings.EXTRA_FONTS]
    return (FontFace(MAIN_FONT), *(FontFace(path) for path in extra if path.exists()))


def text_runs(text: str) -> list[TextRun]:
    """The graphemes of ``text``, each with a font that has it. Nothing is left out."""
    return [_piece(unit) for unit in graphemes("".join(map(_visible, text)))]


def _visible(char):
    """White space as a space; nothing for what controls text and shows nothing itself."""
    if char.isspace() and char != "\u3000":
        return " "
    return "" if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != JOINER else char


@lru_cache(maxsize=4096)
def _piece(grapheme):
    for shown in (grapheme, without_selectors(grapheme)):
        for number, face in enumerate(font_faces()):
            if shown and face.has(shown):
                return TextRun(number, shown, grapheme)
    named = "".join(f"[U+{ord(c):04X}]" for c in grapheme if c != JOINER and not is_selector(c))
    return TextRun(0, named, grapheme)
