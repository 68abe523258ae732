"""The privacy officer gives the complete record of looks to the student, from 16 or on leaving."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, Audience, AuditEvent
from apps.audit.services.audit_events import record
from apps.consent.models import Purpose
from apps.people.models import Role
from apps.vault.services.sealed_content import OpeningReason
from tests import factories

PAGE = reverse("admin:audit_auditevent_give")


@pytest.fixture
def asked(cast):
    """さくら, 16 years old, at whom the counsellor looked for a sign and in protection."""
    year = timezone.localdate().year
    cast.sakura.birth_month = date(year - 17, 1, 1)
    cast.sakura.save(update_fields=["birth_month"])
    seen = {
        "actor": cast.counsellor.user, "role": Role.COUNSELLOR, "subject_id": cast.sakura.pk,
        "municipality_id": cast.city.pk,
    }  # fmt: skip
    sign = {"purpose": Purpose.ATTENDANCE, "reason_code": OpeningReason.SIGN}
    record(Action.SEALED_OPENED, **seen, **sign)
    record(Action.SEALED_OPENED, **seen, purpose="casework", audience=Audience.PROTECTIVE)
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city)
    return cast


def ask(client, student, identified="1"):
    sent = {"number": str(student.pk), "identified": identified}
    return client.post(PAGE, {name: value for name, value in sent.items() if value})


def test_the_student_gets_every_look_with_time_role_and_reason(asked, sign_in):
    answer = ask(sign_in(asked.privacy.user), asked.sakura)
    lines = answer.content.decode().splitlines()
    assert len(lines) == 1  # nothing of a protective case
    assert (
        "スクールカウンセラー" in lines[0] and "出席のようす" in lines[0] and "気づき" in lines[0]
    )
    assert "portal.txt" in answer["Content-Disposition"]
    event = AuditEvent.objects.get(action=Action.DATA_TAKEN)
    assert (event.actor, event.audience) == (asked.privacy.user, Audience.OFFICE)


def test_before_16_and_while_at_school_it_is_not_given(asked, sign_in):
    client = sign_in(asked.privacy.user)
    for born in (None, date(timezone.localdate().year - 14, 1, 1)):
        type(asked.sakura).objects.filter(pk=asked.sakura.pk).update(birth_month=born)
        answer = ask(client, asked.sakura)
        assert answer.status_code == 422
        assert "まだ渡せません" in answer.content.decode()
    type(asked.sakura).objects.filter(pk=asked.sakura.pk).update(left_at=timezone.now())
    assert ask(client, asked.sakura).status_code == 200


def test_nothing_is_given_without_the_students_request_nor_to_others(asked, sign_in):
    client = sign_in(asked.privacy.user)
    assert "確かめてください" in ask(client, asked.sakura, None).content.decode()
    for number in ("", "x", str(asked.city.pk)):
        assert client.post(PAGE, {"number": number, "identified": "1"}).status_code == 422
    for who in ("principal", "officer", "counsellor"):
        assert sign_in(getattr(asked, who).user).get(PAGE).status_code == 403
    away = sign_in(factories.staff_post(Role.PRIVACY, of=asked.away).user)
    assert ask(away, asked.sakura).status_code == 422
    parent = factories.make_parent(asked.privacy, asked.sakura)
    assert ask(sign_in(parent), asked.sakura).status_code == 422
    assert not AuditEvent.objects.filter(action=Action.DATA_TAKEN).exists()
