"""The family sees who accessed records: role, time and reason; no name, nothing that endangers the
child.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record, record_many
from apps.consent import words
from apps.consent.models import Purpose
from apps.disclosure import words as disclosure_words
from apps.people.models import Role
from apps.vault.services.sealed_content import OpeningReason


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
    }
    return record(more.pop("action", Action.SEALED_OPENED), **(seen | more))


def test_a_look_stands_there_with_role_purpose_time_and_reason(cast, sign_in):
    record_view(cast)
    page = sign_in(cast.midori.user).get(url(cast.sakura)).content.decode()
    assert "養護教諭が「出席のようす」を見ました" in page
    assert "面談の準備" in page and "きょう" in page
    assert cast.nurse.name not in page and cast.nurse.user.email not in page


def test_the_page_says_that_automatic_checks_are_listed_too(cast, sign_in):
    record_view(
        cast,
        action=Action.SEALED_EVALUATED,
        actor=None,
        role="system",
        reason_code="",
        detail="R3/1",
    )
    page = sign_in(cast.midori.user).get(url(cast.sakura)).content.decode()
    assert "しくみが自動で確かめたものも出ます" in page
    assert "しくみが「出席のようす」を自動で確かめました" in page
    assert "R3" not in page


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
    ],
)
def test_what_protects_the_student_is_not_shown(cast, sign_in, hidden):
    record_view(cast, **hidden)
    for person in (cast.midori.user, cast.sakura.user):
        assert sign_in(person).get(url(cast.sakura)).context["seen"] == []


def test_a_look_at_another_student_is_not_shown(cast, sign_in):
    record_view(cast, subject_id=cast.ren.pk)
    assert sign_in(cast.midori.user).get(url(cast.sakura)).context["seen"] == []


def test_newest_first_twenty_a_page(cast, sign_in):
    record_view(cast, role=Role.PRINCIPAL)
    for _ in range(20):
        record_view(cast)
    client = sign_in(cast.midori.user)
    page = client.get(url(cast.sakura))
    first = page.context["seen"]
    last = client.get(url(cast.sakura) + page.context["page"].older).context["seen"]
    assert (len(first), len(last)) == (20, 1)
    assert not {line.sentence for line in last} & {line.sentence for line in first}
    assert client.get(url(cast.sakura), {"after": "nonsense"}).status_code == 200


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


def test_the_student_reads_the_same_with_readings(cast, sign_in):
    record_view(cast)
    line = sign_in(cast.sakura.user).get(url(cast.sakura)).context["seen"][0]
    assert "｜保健室《ほけんしつ》" in line.sentence
    assert line.reason == "｜面談《めんだん》の ｜準備《じゅんび》"
    assert line.at.startswith("きょう ")


def test_every_role_reason_and_purpose_has_its_words():
    assert set(Role.values) <= set(words.ROLE_NAMES)
    assert {reason.value for reason in OpeningReason} == set(disclosure_words.ACCESS_REASONS)
    assert set(Purpose.values) == set(words.PURPOSE_NAMES)
