"""The number of looks that wait for a second person costs those that wait, not all that is recorded."""

import pytest
from django.urls import reverse

from apps.audit.models import Action, Audience, EventReason
from apps.audit.services.audit_events import record_many
from apps.consent.models import Purpose
from apps.disclosure.services.access_log import entries_awaiting_decision, hidden_entries_visible_to
from apps.people.models import Role
from tests import factories
from tests.query_plans import indexes_used, statements_of, unbounded_scans

GROWING = {"audit_auditevent", "checkins_checkin", "linkage_linkedrecord"}


@pytest.fixture
def look(cast):
    """``look(n)``: the counsellor opens sakura's records for her safety, n times."""

    def make(n):
        record_many(
            {
                "action": Action.SEALED_OPENED, "actor": cast.counsellor.user, "role": "counsellor",
                "municipality_id": cast.city.pk, "subject_id": cast.sakura.pk,
                "purpose": Purpose.ATTENDANCE, "reason_code": EventReason.SAFETY,
                "audience": Audience.PROTECTIVE,
            }
            for _ in range(n)
        )  # fmt: skip

    return make


@pytest.fixture
def staff(cast):
    privacy = factories.staff_post(Role.PRIVACY, None, of=cast.city)
    return {"privacy": privacy, "principal": cast.principal, "counsellor": cast.counsellor}


@pytest.mark.parametrize("who", ["privacy", "principal"])
def test_waiting_looks_are_found_by_their_own_index(staff, look, who):
    look(3)
    user = staff[who].user
    statements = statements_of(lambda: entries_awaiting_decision(user).count())
    assert entries_awaiting_decision(user).count() == 3
    assert indexes_used(statements, "audit_auditevent") == {"audit_safety"}


@pytest.mark.parametrize("who", ["privacy", "principal", "counsellor"])
def test_the_first_page_of_staff_reads_no_growing_table_whole(staff, look, sign_in, who):
    look(3)
    client = sign_in(staff[who].user)
    statements = statements_of(lambda: client.get(reverse("admin:index")))
    assert unbounded_scans(statements, GROWING) == []


@pytest.mark.parametrize("who", ["privacy", "principal", "counsellor"])
def test_twice_the_looks_cost_the_same_statements(staff, look, sign_in, who):
    client, counts = sign_in(staff[who].user), []
    for _ in range(2):
        look(5)
        client.get(reverse("admin:index"))
        counts.append(len(statements_of(lambda: client.get(reverse("admin:index")))))
    assert counts[0] == counts[1]


def test_decisions_about_looks_are_found_from_the_decisions(staff, look):
    look(3)
    statements = statements_of(lambda: list(hidden_entries_visible_to(staff["privacy"].user)))
    assert unbounded_scans(statements, {"audit_auditevent"}) == []
