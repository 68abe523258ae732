"""Account names of a roster: kept as keyed digests, of students, and only where a city asks."""

import pytest
from django.db import connection

from apps.people.models import Municipality, Student
from apps.people.normalisation import plain_account_name
from apps.roster.models import AccountNameKey, StudentAccountName
from apps.roster.services import account_names, import_conditions, imports
from tests.roster import zips


def take_in(content):
    approval = import_conditions.ImportApproval()
    return imports.check_and_import_roster(content, "r.zip", by=None, approval=approval)


def with_names(names, keep=6):
    """A roster in which everybody has an address; students get those of ``names`` first."""

    def edit(rows):
        given = iter(names)
        for row in rows:
            is_student = bool(row["grades"])
            row["email"] = next(given, "") if is_student else "teacher@towa.example"
            row["username"] = ""

    return zips.edited(zips.good(keep=keep), "users.csv", edit)


def in_the_database(word):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM roster_studentaccountname WHERE position(%s::bytea IN digest) > 0",
            [word.encode()],
        )
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Sakura@Towa.example", "sakura@towa.example"), ("ｓａｋｕｒａ＠towa.example", "sakura@towa.example"),
        ("s1001", "s1001"), ("s\u0430kura@towa.example", ""), ("sakura\u200b@towa.example", ""),
        ("sa kura", ""), ("a@b@c", ""), ("", ""), ("x" * 300, ""), ("さくら", ""),
        ("ſakura", "sakura"), ("saKura", "sakura"),
    ],
)  # fmt: skip
def test_a_name_has_one_form_and_what_only_looks_like_one_has_none(written, plain):
    assert plain_account_name(written) == plain


def test_names_are_digested_only_where_asked_and_follow_the_roster(db):
    addresses = [f"s{n}@towa.example" for n in range(6)]
    take_in(with_names(addresses))
    assert not StudentAccountName.objects.exists()
    city = Municipality.objects.get()
    account_names.keep_names_of(city)
    account_names.keep_names_of(city)
    take_in(with_names([*addresses[:4], "S3@TOWA.example", "s\u0435@towa.example"]))
    assert account_names.count_students_with_name(city) == 5
    assert in_the_database("towa") == 0
    one = account_names.student_of(city.pk, ["Ｓ0@towa.example", "unknown"])
    assert one is not None
    assert account_names.student_of(city.pk, ["s3@towa.example"]) is None  # two have it
    assert account_names.student_of(city.pk, ["teacher@towa.example"]) is None
    assert account_names.student_of(city.pk, ["s5@towa.example", ""]) is None
    # the roster gives the name to somebody else
    take_in(with_names(["new@towa.example", *addresses[2:]]))
    assert account_names.student_of(city.pk, ["s0@towa.example"]) is None
    assert account_names.student_of(city.pk, ["new@towa.example"]) == one
    # whoever left has none any more
    take_in(with_names(["new@towa.example", *addresses[2:]], keep=5))
    gone = Student.objects.exclude(left_at=None).get()
    assert not StudentAccountName.objects.filter(student=gone).exists()
    before = set(StudentAccountName.objects.values_list("pk", flat=True))
    take_in(with_names(["new@towa.example", *addresses[2:]], keep=5))
    assert set(StudentAccountName.objects.values_list("pk", flat=True)) == before
    account_names.forget_names_of(city)
    assert not (StudentAccountName.objects.exists() or AccountNameKey.objects.exists())
