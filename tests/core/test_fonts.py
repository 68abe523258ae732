"""Every character of a text appears on paper, in a font that has it; none is lost or a box."""

from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from django.conf import settings
from fontTools.ttLib import TTFont
from hypothesis import example, given
from hypothesis import strategies as st

from apps.core import fonts
from apps.core.graphemes import graphemes, is_rare
from apps.core.linebreaks import NOT_FIRST, break_lines
from apps.core.pdf import BODY, PdfDocument, substitution_notes, wrapped_lines
from apps.core.templatetags.japanese import letters

YOSHI, KATSU_1, KATSU_2 = "𠮷", "葛\U000e0100", "葛\U000e0101"
MJ_ONLY = "齋\U000e0103"  # a variant of the MJ collection, which Adobe-Japan1 does not have


@pytest.fixture
def without_extra_fonts(settings):
    settings.EXTRA_FONTS = []
    clear()
    yield
    clear()


def clear():
    fonts.font_faces.cache_clear()
    fonts._piece.cache_clear()


def document(*texts):
    paper = PdfDocument("試し")
    for text in texts:
        paper.text(text)
    return paper.content()


def read(content):
    """The text of a PDF as a reader copies it."""
    pages = pypdfium2.PdfDocument(BytesIO(content))
    return "\n".join(page.get_textpage().get_text_bounded() for page in pages)


def drawn(text):
    """The first line of a PDF with this text, as an image."""
    page = pypdfium2.PdfDocument(BytesIO(document(text)))[0]
    picture = page.render(scale=4).to_pil().convert("L")
    return picture.crop((240, 270, 900, 360)).tobytes()


@pytest.mark.parametrize(
    "text",
    [
        "𠮷田 葛\U000e0100太",
        "鷗 𡈽",
        "髙﨑",
        "辻\U000e0101本",
        "か\u3099セ\u309a",
        "한국 é",
        "𩸽𣘺",
    ],
)
def test_what_is_copied_from_the_paper_is_what_was_written(text):
    assert text in read(document(text))


def test_a_name_outside_the_bmp_is_drawn_and_its_neighbour_too():
    blank = drawn(" ")
    pictures = {text: drawn(text) for text in (YOSHI, "吉", "田", f"{YOSHI}田", "\ufffd")}
    assert blank not in pictures.values()
    assert len(set(pictures.values())) == len(pictures)


def test_two_variants_of_one_character_look_different():
    assert drawn(KATSU_1) != drawn(KATSU_2)
    assert drawn(f"{KATSU_1}太") != drawn(KATSU_1)


def test_a_variant_that_no_font_has_keeps_its_character_and_is_said(without_extra_fonts):
    (piece,) = fonts.text_runs(MJ_ONLY)
    assert piece.text == "齋"
    words = read(document(MJ_ONLY)).replace("\r\n", "")
    assert "齋" in words
    assert "U+9F4B U+E0103" in words


def test_a_character_that_no_font_has_is_printed_as_its_number_and_said():
    words = read(document("外字\ue000の人")).replace("\r\n", "")
    assert "外字[U+E000]の人" in words
    assert "印刷できない文字の番号" in words


def test_what_can_be_printed_needs_no_note():
    assert substitution_notes(["𠮷田 葛\U000e0100太 さん", "　全角 空白\n行"]) == []


def test_a_document_of_a_page_stays_small():
    assert len(document(*["お子さんの学校の記録を、見まもりのために使います。𠮷田"] * 20)) < 60_000


@given(st.text(max_size=40))
@example("葛\U000e0100太")
@example("👨\u200d👩\u200d👧")
@example("\U000e0100")
def test_whatever_the_text_every_piece_has_its_glyphs(text):
    for piece in fonts.text_runs(text):
        face = fonts.font_faces()[piece.font]
        assert all(face.has(unit) for unit in graphemes(piece.text))


@given(st.text(max_size=80))
def test_graphemes_are_the_text_in_order(text):
    assert "".join(graphemes(text)) == text


def test_a_selector_stays_with_its_character():
    assert list(graphemes(f"{KATSU_1}太")) == [KATSU_1, "太"]
    assert is_rare(KATSU_1) and is_rare(YOSHI) and is_rare("\ufa11") and not is_rare("葛")


@given(st.text(st.sampled_from("あ、。「」漢字ab1 葛")), st.integers(min_value=1, max_value=9))
def test_breaking_lines_loses_and_moves_no_letter(text, width):
    units = list(text)
    found = break_lines(units, width, lambda _: 1)
    assert "".join(units[n] for line in found for n in line) == text
    assert all(len(line) <= width for line in found)


def test_no_line_begins_with_a_full_stop():
    found = wrapped_lines("いつでもやめられます。" * 40, BODY, 60)
    assert len(found) > 5
    assert not any(line[0].text in NOT_FIRST for line in found)


def test_a_line_too_long_for_its_rules_is_broken_all_the_same():
    assert [len(line) for line in break_lines(list("。" * 10), 4, lambda _: 1)] == [4, 4, 2]


def test_a_font_that_is_not_there_is_named():
    with pytest.raises(fonts.FontMissing, match="missing.otf"):
        fonts.FontFace(fonts.MAIN_FONT.parent / "missing.otf")


# -- pages that the browser prints ---------------------------------------------------------------------

WEB_FONT = Path(settings.BASE_DIR) / "static" / "fonts" / "rare.woff2"
NAMES = Path(__file__).parents[1] / "consent/inputs/receipt-names-outside-bmp/name.txt"


def test_every_rare_letter_of_a_name_is_marked_and_the_web_font_has_it():
    font = TTFont(WEB_FONT)
    cmap = font.getBestCmap()
    variants = next(table for table in font["cmap"].tables if table.format == 14).uvsDict
    for unit in filter(is_rare, graphemes(NAMES.read_text(encoding="utf-8"))):
        assert f'<span class="rare">{unit}</span>' in letters(f"{unit}田")
        assert ord(unit[0]) in cmap
        assert len(unit) == 1 or ord(unit[0]) in dict(variants[ord(unit[1])])


def test_a_name_of_everyday_letters_stays_as_it_is():
    assert letters("加賀 さくら <b>") == "加賀 さくら &lt;b&gt;"


@pytest.mark.parametrize("sheet", ["staff.css", "portal.css"])
def test_the_style_sheets_bring_the_font_for_rare_letters(sheet):
    words = (Path(settings.BASE_DIR) / "static" / "css" / sheet).read_text(encoding="utf-8")
    assert 'url("../fonts/rare.woff2")' in words
    assert '.rare { font-family: "Kaga Rare"' in words
