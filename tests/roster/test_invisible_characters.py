"""A name that looks like another, or changes the writing direction, is refused."""

import pytest

from apps.people.models import Student
from tests.roster import zips
from tests.roster.import_rosters import take_in
from tests.roster.read_rosters import read

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("column", ["given", "family", "kana", "family_kana"])
@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u2066", "\ufeff", "\u3164", "\u2028"])
def test_an_unseen_character_in_a_name_refuses_the_row(column, sign):
    take_in(zips.good())
    student = Student.objects.first()
    content = zips.renamed(zips.good(), student.source_id, **{column: f"あ{sign}い"})
    (problem,) = read(content).problems
    assert problem.line > 1
    assert "目に見えない文字" in problem.reason


def test_another_form_of_a_character_is_visible_and_accepted():
    take_in(zips.good())
    student = Student.objects.first()
    content = zips.renamed(zips.good(), student.source_id, family="葛\U000e0100城")
    assert read(content).is_error_free
