"""The family sees who accessed records: role, time and reason; no name, nothing that endangers the
child.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record, record_many
from apps.cases.models import Sign
from apps.consent import words
from apps.consent.models import Purpose
from apps.disclosure import words as disclosure_words
from apps.disclosure.services.access_days import CHECKED, CITY, LOOKED, OWN_ACTIONS, SCHOOL
from apps.linkage.models import LinkedRecord
from apps.people.models import Role
from apps.vault.services.sealed_content import OpeningReason
from tests.page_text import text_of


def url(student):
    return reverse("disclosure:access_log", args=[student.pk])


def record_view(cast, **more):
    seen = {
        "actor": cast.nurse.user,
        "role": Role.NURSE,
        "municipality_id": cast.city.pk,
        "subject_id": cast.sakura.pk,
        "purpose": Purpose.ATTENDANCE,
        "reason_code": OpeningReason.MEETING,
        "thing": LinkedRecord(),
    }
    return record(more.pop("action", Action.SEALED_OPENED), **(seen | more))


def test_a_look_stands_there_with_its_day_and_neither_name_role_nor_time(cast, sign_in):
    record_view(cast)
    page = sign_in(cast.midori.user).get(url(cast.sakura)).content.decode()
    assert "学校の先生が、見まもりのために見ました" in page
    assert not any(word in page for word in ("養護教諭", "面談", "出席のようす", "きょう "))
    assert cast.nurse.name not in page and cast.nurse.user.email not in page


def test_automatic_checks_are_one_line_a_day(cast, sign_in):
    for purpose in (Purpose.ATTENDANCE, Purpose.GRADES):
        record_view(
            cast, action=Action.SEALED_EVALUATED, actor=None, role="system", reason_code="",
            detail="R3/1", purpose=purpose,
        )  # fmt: skip
    page = sign_in(cast.midori.user).get(url(cast.sakura)).content.decode()
    assert page.count("しくみが、自動で確かめました") == 1
    assert "R3" not in text_of(page)  # a token of a form may hold it


@pytest.mark.parametrize(
    "hidden",
    [
        {"audience": Audience.PROTECTIVE},
        {"purpose": "helpline"},
        {"purpose": "casework"},
        {"action": Action.HELP_SEEN},
        {"action": Action.CASE_OPENED},
        {"action": Action.SIGNED_IN},
        {"action": Action.SEALED_OWN},
        {"reason_code": OpeningReason.SIGN},
        {"reason_code": OpeningReason.CONFERENCE},
        {"is_emergency": True},
        {"thing": Sign()},
        {"thing": None},
    ],
)
def test_what_protects_the_student_is_not_shown(cast, sign_in, hidden):
    record_view(cast, **hidden)
    for person in (cast.midori.user, cast.sakura.user):
        assert sign_in(person).get(url(cast.sakura)).context["seen"] == []


def test_a_look_at_another_student_is_not_shown(cast, sign_in):
    record_view(cast, subject_id=cast.ren.pk)
    assert sign_in(cast.midori.user).get(url(cast.sakura)).context["seen"] == []


@pytest.mark.parametrize("month", ["nonsense", "2026-13", "99999-01", "0000-01"])
def test_a_month_that_is_none_shows_the_newest(cast, sign_in, month):
    record_view(cast)
    page = sign_in(cast.midori.user).get(url(cast.sakura), {"month": month})
    assert (page.status_code, len(page.context["seen"])) == (200, 1)


def test_twice_the_rows_cost_the_same_queries(cast, sign_in):
    client = sign_in(cast.midori.user)
    client.get(url(cast.sakura))  # the first request of a sign-in records when it began
    counts = []
    for _ in range(2):
        record_many(
            {"action": Action.KEY_MADE, "subject_id": cast.sakura.pk, "purpose": "grades"}
            for _ in range(5)
        )
        with CaptureQueriesContext(connection) as queries:
            client.get(url(cast.sakura))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_student_reads_the_same_with_readings_after_the_pin(cast, sign_in):
    record_view(cast)
    assert sign_in(cast.sakura.user, proved=False).get(url(cast.sakura)).status_code == 302
    line = sign_in(cast.sakura.user).get(url(cast.sakura)).context["seen"][0]
    assert "｜学校《がっこう》" in line.sentence


def test_every_group_and_purpose_has_its_words():
    assert {SCHOOL, CITY} == set(disclosure_words.ACCESS_GROUPS)
    assert {LOOKED, CHECKED, *OWN_ACTIONS} == set(disclosure_words.ACCESS_SENTENCES)
    assert set(Role.values) <= set(words.ROLE_NAMES)
    assert set(Purpose.values) == set(words.PURPOSE_NAMES)
