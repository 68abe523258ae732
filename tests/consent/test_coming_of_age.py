"""From a certain age the student decides alone, and earlier agreements end by themselves."""

import uuid
from datetime import date

import pytest
import time_machine
from django.urls import reverse

from apps.consent.models import ConsentMessage, MessageKind, Purpose, Response
from apps.consent.services.decisions import decide
from apps.consent.services.purpose_status import CannotDecide, is_effective, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from tests import factories

BEFORE, AFTER = "2026-12-31 10:00+09:00", "2027-01-01 10:00+09:00"


@pytest.fixture
def born(cast):
    """sakura, born in December 2010: surely 16 from 1 January 2027."""
    cast.sakura.birth_month = date(2010, 12, 1)
    cast.sakura.save()
    cast.programme.begins_on, cast.programme.ends_on = date(2026, 4, 1), date(2027, 3, 31)
    cast.programme.save()
    with time_machine.travel(BEFORE, tick=False):
        factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
        factories.make_effective(cast.sakura, Purpose.INCOME)
    return cast


def answer(student, actor, response, purpose=Purpose.ATTENDANCE):
    return decide(student=student, actor=actor, answers={purpose: response}, form_key=uuid.uuid4())


def test_the_day_is_the_first_of_the_month_after(cast):
    for born_in, sixteen in (((2010, 12), (2027, 1)), ((2011, 4), (2027, 5))):
        cast.sakura.birth_month = date(*born_in, 1)
        assert cast.sakura.reaches_age_on(16) == date(*sixteen, 1)
    cast.sakura.birth_month = None
    assert cast.sakura.reaches_age_on(16) is None


def test_the_day_before_nothing_changes(born):
    with time_machine.travel(BEFORE, tick=False):
        reconcile_all()
        assert is_effective(born.sakura, Purpose.ATTENDANCE)
        assert not ConsentMessage.objects.filter(kind=MessageKind.ALONE).exists()


def test_on_the_day_the_key_goes_and_the_student_is_told(born):
    with time_machine.travel(AFTER, tick=False):
        reconcile_all()
        assert not is_effective(born.sakura, Purpose.ATTENDANCE)
        messages = ConsentMessage.objects.filter(kind=MessageKind.ALONE)
        assert {message.user for message in messages} == {born.sakura.user}
        assert {tuple(message.purposes) for message in messages} == {("attendance",)}


def test_the_guardians_own_data_stay_the_guardians(born):
    with time_machine.travel(AFTER, tick=False):
        reconcile_all()
        assert is_effective(born.sakura, Purpose.INCOME)


def test_then_the_student_alone_decides(born):
    with time_machine.travel(AFTER, tick=False):
        reconcile_all()
        answer(born.sakura, born.sakura.user, Response.GIVEN)
        assert is_effective(born.sakura, Purpose.ATTENDANCE)
        answer(born.sakura, born.sakura.user, Response.WITHDRAWN)
        assert not is_effective(born.sakura, Purpose.ATTENDANCE)


def test_then_the_guardian_is_not_asked_and_cannot_answer(born, sign_in):
    with time_machine.travel(AFTER, tick=False):
        with pytest.raises(CannotDecide, match="16歳から"):
            answer(born.sakura, born.midori.user, Response.GIVEN)
        with pytest.raises(CannotDecide, match="16歳から"):
            answer(born.sakura, born.midori.user, Response.WITHDRAWN)
        shown = {state.purpose for state in statuses_for(born.sakura, born.midori.user)}
        assert shown == {"income"}
        guardian = sign_in(born.midori.user)
        ask = reverse("consent:ask", args=[born.sakura.pk, "attendance"])
        assert guardian.get(ask).status_code == 404
        overview = guardian.get(reverse("consent:overview", args=[born.sakura.pk]))
        for page in (overview, guardian.get("/")):
            assert "出席のようす" not in page.content.decode()
            assert "所得の区分" in page.content.decode()


def test_the_student_is_asked_anew_with_the_old_answer_not_chosen(born, sign_in):
    with time_machine.travel(AFTER, tick=False):
        reconcile_all()
        state = next(
            s for s in statuses_for(born.sakura, born.sakura.user) if s.purpose == "attendance"
        )
        assert state.is_open


def test_without_a_month_of_birth_both_go_on_deciding(born):
    born.sakura.birth_month = None
    born.sakura.save()
    with time_machine.travel(AFTER, tick=False):
        reconcile_all()
        assert is_effective(born.sakura, Purpose.ATTENDANCE)


def test_the_inbox_says_it_in_words(born, sign_in):
    with time_machine.travel(AFTER, tick=False):
        reconcile_all()
        student = sign_in(born.sakura.user).get(reverse("notices:inbox")).content.decode()
    assert "これから あなたが" in student
    assert not ConsentMessage.objects.filter(kind=MessageKind.ALONE, opened_at=None).exists()
