"""Two families who agreed, and what an administrator can do to their keys."""

import uuid

import pytest
from django.db import connection

from apps.consent.models import Purpose, Response
from apps.consent.services import decisions
from apps.vault.models import SubjectKey
from tests import factories
from tests.vault.damage_helpers import share_of
from tests.vault.sealing_helpers import write
from tests.without_triggers import triggers_off

ATTENDANCE, REVIEW = Purpose.ATTENDANCE, Purpose.CHECKIN_REVIEW


@pytest.fixture
def folder(settings, tmp_path):
    settings.KEY_SHARES_URL = f"file:{tmp_path}/shares"
    return tmp_path / "shares"


@pytest.fixture
def linked(cast, folder):
    """Two families have agreed, and a record of each is stored."""
    cast.rows = {}
    for student in (cast.sakura, cast.ren):
        factories.make_effective(student, ATTENDANCE)
        cast.rows[student.pk] = write(student, ATTENDANCE, {"code": "LATE"})
    return cast


def withdraw(student):
    guardian = student.guardianships.current().first().guardian.user
    decisions.withdraw(student=student, actor=guardian, purpose=ATTENDANCE, form_key=uuid.uuid4())


def agree(student):
    for user in (student.guardianships.current().first().guardian.user, student.user):
        decisions.decide(
            student=student, actor=user, answers={ATTENDANCE: Response.GIVEN}, form_key=uuid.uuid4()
        )


def keys_of(student):
    return SubjectKey.objects.filter(student=student, purpose=ATTENDANCE)


def delete_keys_without_share():
    """What an administrator would do by hand to let the portal start."""
    for key in SubjectKey.objects.all():
        if not share_of(key.pk).exists():
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM vault_subjectkey WHERE id = %s", [key.pk])


def delete_keys_without_share_unseen_by_triggers():
    with triggers_off():
        delete_keys_without_share()


def do_nothing():
    pass
