"""Only changed text is shown as changed; different line ends are no change."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.consent.document_diff import FieldDiff, diff_clauses, diff_fields
from apps.core.forms import LinesField
from apps.core.text import plain_lines

LINES = "一つめの文。\n二つめの文。\n三つめの文。"
SAME = {
    "line ends of a browser": LINES.replace("\n", "\r\n"),
    "old line ends": LINES.replace("\n", "\r"),
    "blanks at line ends": LINES.replace("\n", " \u3000\n"),
    "a line end at the end": LINES + "\r\n",
    "blank lines around": "\n\n" + LINES + "\n \n",
}


def words(text):
    return SimpleNamespace(what=text)


@pytest.mark.parametrize("kind", SAME)
def test_a_text_that_differs_in_its_line_ends_alone_has_not_changed(kind):
    assert diff_fields(words(LINES), words(SAME[kind]), ["what"]) == []
    assert diff_fields(words(SAME[kind]), words(LINES), ["what"]) == []


@pytest.mark.parametrize("kind", SAME)
def test_of_a_text_with_other_line_ends_only_the_new_sentence_is_new(kind):
    new = SAME[kind].replace("二つめ", "新しい二つめ")
    (change,) = diff_fields(words(LINES), words(new), ["what"])
    assert isinstance(change, FieldDiff)
    assert [part.text for part in change.parts if part.kind == "new"] == ["新しい二つめの文。"]
    assert [part.text for part in change.parts if part.kind == "gone"] == ["二つめの文。"]


@given(st.text(alphabet="あ、。\r\n \u3000"), st.text(alphabet="あ、。\r\n \u3000"))
def test_the_parts_without_the_gone_ones_spell_the_new_text(old, new):
    parts = diff_clauses(plain_lines(old), plain_lines(new))
    assert "".join(part.text for part in parts if part.kind != "gone") == plain_lines(new)


@pytest.mark.parametrize("kind", SAME)
def test_a_form_with_other_line_ends_has_not_changed(kind):
    assert not LinesField().has_changed(LINES, SAME[kind])
    assert not LinesField().has_changed(SAME[kind], LINES)
    assert LinesField().has_changed(LINES, LINES + "四つめ")
    assert LinesField().clean(SAME[kind]) == LINES
