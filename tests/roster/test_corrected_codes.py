"""Codes that a roster corrects, exchanges, merges or splits."""

from uuid import uuid4

import pytest
from django.utils import timezone

from apps.people.models import Student
from apps.roster import words
from apps.roster.oneroster.identity_questions import IdentityCase
from apps.roster.services import imports
from tests import factories
from tests.roster import zips
from tests.roster.identity_helpers import account, key_of, pair, with_master
from tests.roster.import_rosters import check, questions, take_in

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-11-28T09:00:00+09:00")]


def test_a_corrected_master_keeps_the_person(school):
    first, _ = pair()
    user, corrected = account(first), uuid4()
    content = with_master(zips.good(), first, corrected)
    assert list(questions(content).values()) == [IdentityCase.CHANGED]
    take_in(content, **{key_of(content): "same"})
    first.refresh_from_db()
    assert (first.master_id, first.user, first.is_enrolled) == (corrected, user, True)
    assert Student.objects.count() == 6


def test_another_person_at_the_same_number_begins_anew(school):
    first, _ = pair()
    user, content = account(first), with_master(zips.good(), first, uuid4())
    take_in(content, **{key_of(content): "other"})
    first.refresh_from_db()
    assert (first.is_enrolled, first.user) == (False, user)
    assert Student.objects.enrolled().get(source_id=first.source_id).user is None


def merged(one, two):
    """A roster without the row of ``one``, whose number has the 共通ID of ``two``."""
    lines = (
        "users.csv",
        lambda b: b"\r\n".join(
            line for line in b.split(b"\r\n") if not line.startswith(f'"{two.source_id}"'.encode())
        ),
    )
    content = zips.changed(zips.good(), *lines)
    for file in ("roles.csv", "enrollments.csv"):
        content = zips.changed(content, file, lambda b: _without(b, two.source_id))
    return with_master(content, one, two.master_id)


def _without(body, source_id):
    lines = body.split(b"\r\n")
    return b"\r\n".join(line for line in lines if f'"{source_id}"'.encode() not in line)


def test_two_children_in_one_row_have_their_own_word(school):
    one, two = pair()
    content = merged(one, two)
    assert list(questions(content).values()) == [IdentityCase.MERGED]
    take_in(content, **{key_of(content): "other"})
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.is_enrolled, two.is_enrolled, two.source_id) == (False, True, one.source_id)


def test_of_two_children_in_one_row_the_holder_of_the_number_may_be_meant(school):
    one, two = pair()
    master, content = two.master_id, merged(one, two)
    take_in(content, **{key_of(content): "same"})
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.is_enrolled, one.master_id) == (True, master)
    assert (two.is_enrolled, two.master_id) == (False, None)


def split(one, two):
    """A roster in which the row of ``two``, who has left, has the 共通ID of ``one`` as well."""
    master = one.master_id
    gone = {"left_at": timezone.now(), "source_id": "gone", "master_id": uuid4()}
    Student.objects.filter(pk=two.pk).update(**gone)
    content = zips.good()
    content = zips.changed(content, "users.csv", zips.swapped(str(master), str(uuid4())))
    content = zips.changed(content, "users.csv", zips.swapped(str(two.master_id), str(master)))
    return zips.renamed(content, two.source_id, given=one.given_name, kana=one.given_kana)


def test_one_child_in_two_rows_has_its_own_word(school):
    one, two = pair()
    content = split(one, two)
    ((key, case),) = questions(content).items()
    assert case == IdentityCase.SPLIT
    take_in(content, **{key.replace("-", "_"): "other"})
    one.refresh_from_db()
    assert one.source_id == two.source_id
    assert Student.objects.enrolled().count() == 6


def test_a_child_of_another_school_keeps_the_master_whatever_is_said(school):
    first, _ = pair()
    elsewhere = factories.student(
        factories.school_class(factories.school(first.municipality)), "となり"
    )
    content = with_master(zips.good(), first, elsewhere.master_id)
    with pytest.raises(imports.CannotImport, match="同じ人かどうか"):
        take_in(content, **{key_of(content): "same"})
    take_in(content, **{key_of(content): "other"})
    elsewhere.refresh_from_db()
    assert elsewhere.school == first.school


def test_two_schools_may_use_the_same_numbers(school):
    first, _ = pair()
    other = factories.student(
        factories.school_class(factories.school(first.municipality)), "となり"
    )
    Student.objects.filter(pk=other.pk).update(source_id=first.source_id)
    assert questions(zips.good()) == {}
    assert take_in(zips.good()).report["counts"]["students"]["unchanged"] == 6


def words_of(content):
    """The titles of the questions, as a person reads them before answering."""
    return [
        question.title.partition(": ")[2]
        for question in words.describe_questions(imports.preview_import(check(content)))
    ]


def case_words_of(done):
    return {case for case, _, _ in words.describe_cases(done.report["cases"])}


SWAP, MERGE, SPLIT = (
    "入れかわり(2人の番号が逆になっている)",
    "統合(いまの2人が1人になる)",
    "分離(いまの1人が2人に分かれる)",
)


def test_a_swap_has_its_own_words_before_and_after(swapped):
    assert words_of(swapped) == [SWAP, SWAP]
    assert case_words_of(take_in(swapped, students_2="same", students_3="same")) == {SWAP}


def test_a_merge_has_its_own_words_before_and_after(school):
    content = merged(*pair())
    assert words_of(content) == [MERGE]
    assert case_words_of(take_in(content, **{key_of(content): "other"})) == {MERGE}


def test_a_split_has_its_own_words_before_and_after(school):
    content = split(*pair())
    assert words_of(content) == [SPLIT]
    assert case_words_of(take_in(content, **{key_of(content): "other"})) == {SPLIT}
