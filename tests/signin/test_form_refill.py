"""A page's form is refilled with typed values; the rest of the page stays unchanged."""

from hypothesis import given
from hypothesis import strategies as st

from apps.signin.form_refill import refill_form
from tests.browser import _Forms

PAGE = """<p>前</p><form method="post" action="/leave/"><input name="a" value="other"></form>
<form method="post"><input type="hidden" name="opened_as" value="new"><input name="a" value="x">
<input type="hidden" name="csrf" value="fresh"><input type="password" name="pw">
<textarea name="t" rows="3">old</textarea>
<input type="checkbox" name="c" value="1" checked><input type="checkbox" name="c" value="2">
<select name="s"><option value="">-</option><option value="b" selected>b</option><option value="d">d</option></select>
</form><p>後</p>"""


def fields(page):
    reader = _Forms()
    reader.feed(page)
    return reader.forms


def fill(values, page=PAGE):
    head, rest, left = refill_form(page, "/here/?x=1", "/here/", values)
    return head + rest, left


def test_each_kind_of_field_gets_what_was_typed():
    page, left = fill({"a": ["<b>\"'"], "t": ["\n行\r\n<i>"], "c": ["2"], "s": ["d"],
                       "opened_as": ["old"]})  # fmt: skip
    other, form = fields(page)
    assert other == {"a": ["other"]}
    assert form == {"a": ["<b>\"'"], "t": ["\n行\r\n<i>"], "c": ["2"], "s": ["d"], "pw": [""],
                    "opened_as": ["old"], "csrf": ["fresh"]}  # fmt: skip
    assert left == []


def test_what_has_no_place_is_handed_back():
    assert fill({"gone": ["text", " "], "pw": ["never"]})[1] == ["text"]


def test_hidden_fields_and_passwords_keep_what_the_page_gave_them():
    page, _ = fill({"csrf": ["stale"], "pw": ["typed"]})
    assert fields(page)[1]["csrf"] == ["fresh"]
    assert "typed" not in page


def test_a_page_without_the_form_stays_as_it_is():
    assert refill_form("<p>x</p>", "/here/", "/here/", {"a": ["b"]}) == ("<p>x</p>", "", [])


@given(st.text(st.characters(exclude_characters="\x00\r", exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_was_and_makes_no_markup(text):
    page, _ = fill({"a": [text], "t": [text]})
    form = fields(page)[1]
    assert form["a"] == [text]
    assert len(fields(page)) == 2
    assert page.endswith("</form><p>後</p>")
