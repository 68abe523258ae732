"""A person is told by address or number however it is written, and by a name in doubt."""

import pytest

from apps.people.person_match_rules import TypedPerson, comparable_mail, comparable_phones


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Father@Example.com", "father@example.com"),
        ("  ｆａｔｈｅｒ＠example.com ", "father@example.com"),
        ("father+school@example.com", "father@example.com"),
        ("father", ""),
        ("@example.com", ""),
        ("", ""),
    ],
)
def test_an_address_in_one_form(written, plain):
    assert comparable_mail(written) == plain


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("090-1234-5678", {"09012345678"}),
        ("０９０ー１２３４ー５６７８", {"09012345678"}),
        ("+81 90 1234 5678", {"09012345678"}),
        ("夜7時から (090)1234-5678、0761-00-0000 へ", {"09012345678", "0761000000"}),
        ("24時間", set()),
        ("", set()),
    ],
)
def test_the_numbers_in_a_text(written, numbers):
    assert comparable_phones(written) == numbers


def test_a_name_in_one_form_and_either_order():
    typed = TypedPerson("山田", "太郎", "やまだ", "たろう")
    assert typed.names == {"山田太郎", "太郎山田", "ヤマダタロウ", "タロウヤマダ"}
    assert TypedPerson("", "", "ﾔﾏﾀﾞ", "タロウ").names < typed.names
    assert TypedPerson(" 山 田", "太郎").names < typed.names
    assert TypedPerson("山田").names == set()  # a surname alone is the child's own
    assert not TypedPerson("山田", "太郎").contacts
