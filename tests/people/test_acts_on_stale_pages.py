"""Nobody deletes or approves what another person changed after the page was opened."""

import pytest
from django.urls import reverse

from apps.core.clock import today
from apps.helpline.models import DutyApproval
from apps.people.models import SchoolBreak
from apps.push.models import QuietHours
from tests import factories
from tests.browser import form_on


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.principal.user)


@pytest.fixture
def rows(cast):
    """{name in addresses: (row, {field: another value})}."""
    of = {"municipality": cast.city, "school": cast.school}
    rest = SchoolBreak.objects.create(
        **of, title="秋休み", begins_on="2026-12-01", ends_on="2026-12-03"
    )
    quiet_hours = QuietHours.objects.create(**of, begins="20:00", ends="07:00")
    return {
        "people_schoolbreak": (rest, {"ends_on": "2026-12-04"}),
        "push_quiethours": (quiet_hours, {"ends": "06:00"}),
    }


@pytest.mark.parametrize("name", ["people_schoolbreak", "push_quiethours"])
def test_a_row_changed_after_its_delete_page_was_opened_is_not_deleted(desk, rows, name):
    row, change = rows[name]
    url = reverse(f"admin:{name}_delete", args=[row.pk])
    sent = form_on(desk.get(url))
    type(row).objects.filter(pk=row.pk).update(**change)
    answer = desk.post(url, sent)
    assert answer.status_code == 422
    assert "ほかの人が変えました" in answer.content.decode()
    assert desk.post(url, form_on(answer)).status_code == 302
    assert not type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("name", ["people_schoolbreak", "push_quiethours"])
def test_a_delete_that_says_nothing_of_what_was_seen_is_refused(desk, rows, name):
    row, _ = rows[name]
    url = reverse(f"admin:{name}_delete", args=[row.pk])
    assert desk.post(url, {"post": "yes", "opened_as": ""}).status_code == 422
    assert type(row).objects.filter(pk=row.pk).exists()


def test_rows_are_not_deleted_many_at_once_without_their_pages(desk, rows):
    row, _ = rows["people_schoolbreak"]
    answer = desk.get(reverse("admin:people_schoolbreak_changelist"))
    assert "delete_selected" not in answer.content.decode()


def test_a_roster_changed_while_its_approval_was_written_is_not_approved(cast, desk):
    roster = factories.duty_roster(cast, on=False)
    before = DutyApproval.objects.count()
    url = reverse("admin:helpline_approve", args=[roster.pk])
    seen = desk.get(url).context["seen"]
    type(roster).objects.filter(pk=roster.pk).update(second_after=roster.second_after + 1)
    facts = {"name": "山中 律", "role": "counsellor", "approved_on": today(), "has_read": "on"}
    answer = desk.post(url, {**facts, "seen": seen})
    assert answer.status_code == 422
    assert "山中 律" in answer.content.decode()
    assert DutyApproval.objects.count() == before
    assert desk.post(url, {**facts, "seen": answer.context["seen"]}).status_code == 302
    assert DutyApproval.objects.count() == before + 1
