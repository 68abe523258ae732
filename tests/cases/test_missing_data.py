"""Missing data is said as missing: which purpose is not agreed, which source is late."""

import datetime as dt

import pytest
from django.urls import reverse

from apps.cases.missing_data import Missing, MissingKind, PurposeState, missing_data
from apps.cases.services.missing_facts import missing_for
from apps.cases.words import missing_in_words
from apps.core import clock
from apps.linkage.models import DataSource, Freshness
from apps.vault.models import SubjectKey
from apps.vault.services.key_pauses import pause_keys
from tests.vault.sealing_helpers import source

NOW = dt.datetime(2026, 11, 20, 1, tzinfo=dt.UTC)


def hours_ago(n):
    return NOW - dt.timedelta(hours=n)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (PurposeState(False, False, ((hours_ago(1), 72),)), MissingKind.NOT_AGREED),
        (PurposeState(True, True, ((hours_ago(1), 72),)), MissingKind.PAUSED),
        (PurposeState(True, False, ()), MissingKind.NO_SOURCE),
        (PurposeState(True, False, ((None, 72),)), MissingKind.NEVER_READ),
        (PurposeState(True, False, ((hours_ago(73), 72),)), MissingKind.LATE),
        (PurposeState(True, False, ((hours_ago(72), 72),)), None),
        (PurposeState(True, False, ((hours_ago(99), 72), (hours_ago(1), 72))), None),
        (PurposeState(True, False, None), MissingKind.NO_ANSWERS),
        (PurposeState(True, False, None, dt.date(2026, 11, 1)), None),
    ],
)
def test_why_data_is_missing(state, kind):
    found = missing_data(["attendance"], {"attendance": state}, NOW)
    assert [one.kind for one in found] == ([kind] if kind else [])


def test_a_late_source_is_said_with_its_day():
    words = missing_in_words(Missing("attendance", MissingKind.LATE, hours_ago(73)))
    assert words == "出席: 11月17日から新しいものが届いていません"


def test_a_student_has_what_is_missing_of_what_the_rules_read(watched):
    DataSource.objects.all().delete()
    at = clock.now() - dt.timedelta(hours=80)
    Freshness.objects.create(source=source(watched.school), kind="attendance_daily", read_at=at)
    found = {one.purpose: one.kind for one in missing_for(watched.sakura)}
    assert found == {
        "checkin_review": MissingKind.NO_ANSWERS,
        "attendance": MissingKind.LATE,
        "nurse_room": MissingKind.NOT_AGREED,
        "study_log": MissingKind.NOT_AGREED,
        "grades": MissingKind.NOT_AGREED,
    }
    watched.feels(watched.sakura, 3)
    assert "checkin_review" not in {one.purpose for one in missing_for(watched.sakura)}
    pause_keys(list(SubjectKey.objects.values_list("pk", flat=True)))
    kinds = {one.purpose: one.kind for one in missing_for(watched.sakura)}
    assert kinds["attendance"] == MissingKind.PAUSED


def test_the_case_says_what_is_missing(watched, case, sign_in):
    client = sign_in(watched.nurse.user)
    url = reverse("admin:cases_open", args=[case.pk])
    page = client.post(url, {"reason": "sign"}, follow=True).content.decode()
    assert "見えていないもの" in page
    assert "保健室: 同意がないので、見ていません" in page
