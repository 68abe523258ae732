"""A town with two guardians, and the ways to keep one out and let them in again."""

import uuid

import pytest

from apps.consent.models import (
    Purpose,
    Response,
)
from apps.consent.services import standing_changes as changes
from apps.consent.services.decisions import decide
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import (
    Guardianship,
    Role,
)
from apps.people.services import pending_acts
from apps.vault.models import SubjectKey
from tests import factories

ATTENDANCE = Purpose.ATTENDANCE


REASON = "支援措置の通知が届いたため"


def guardianship_of(guardian, student):
    return Guardianship.objects.get(guardian=guardian, student=student, ended_at=None)


def keep_out(guardian, student, by):
    return changes.keep_out(
        guardianship_of(guardian, student), by=by.user, why="support", reason=REASON,
        document_number="教学 第12号",
    )  # fmt: skip


def let_in(guardian, student, by, second):
    act = changes.propose_let_in(
        guardianship_of(guardian, student), by=by.user, why="over", reason=REASON,
        document_number="教学 第34号",
    )  # fmt: skip
    pending_acts.confirm(act, by=second.user)
    reconcile_all()
    return act


def say(student, user, response=Response.GIVEN, purpose=ATTENDANCE):
    return decide(student=student, actor=user, answers={purpose: response}, form_key=uuid.uuid4())


def key_of(student):
    return SubjectKey.objects.filter(student=student, purpose=ATTENDANCE).first()


@pytest.fixture
def town(cast):
    """Sakura with two guardians, midori and hajime, and nobody has answered yet."""
    factories.policy(cast.city)
    factories.document(cast.city)
    cast.hajime = factories.guardian(cast.sakura, "こうた", "hajime@example.com")
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    return cast
