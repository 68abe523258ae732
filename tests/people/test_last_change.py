"""An edit conflict names who changed the row, not who viewed it."""

import pytest

from apps.audit.models import Action, AuditEvent
from apps.audit.services.audit_events import record
from apps.people.admin_bases.edit_conflicts import last_change

pytestmark = pytest.mark.django_db


def note(action, post, row):
    record(action, actor=post.user, role=post.role, municipality_id=row.municipality_id, thing=row)


PAGES = [
    Action.SEALED_OPENED, Action.SEALED_OWN, Action.NAMES_SHOWN, Action.CARD_PRINTED,
    Action.NOTICE_HANDED_OUT,
]  # fmt: skip


@pytest.mark.parametrize("action", PAGES)
def test_who_only_looked_at_a_row_is_not_named_as_who_changed_it(cast, action):
    note(Action.RECORD_CHANGED, cast.officer, cast.school)
    note(action, cast.principal, cast.school)
    assert AuditEvent.objects.filter(thing_id=str(cast.school.pk)).count() == 2
    assert last_change(cast.school)[0].startswith("市の担当(")


def test_where_people_only_looked_nobody_is_named(cast):
    note(Action.NAMES_SHOWN, cast.principal, cast.school)
    assert last_change(cast.school) == ("", None)


def test_the_last_of_two_who_changed_it_is_named(cast):
    note(Action.RECORD_CHANGED, cast.officer, cast.school)
    note(Action.RECORD_CHANGED, cast.principal, cast.school)
    assert last_change(cast.school)[0].startswith("校長先生(")
