"""A family that can be called, and the steps of an answer by telephone."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.consent.models import (
    ConfirmedBy,
    IdentifiedBy,
    Purpose,
    Response,
    SpokenBy,
)
from apps.consent.services import telephone_answers
from apps.consent.services.decisions import decide
from apps.consent.services.documents import install_seed_documents
from apps.people.act_types import LAPSES_AFTER
from apps.people.models import Guardianship, Role
from apps.vault.models import SubjectKey
from tests import factories

ATTENDANCE, GRADES = Purpose.ATTENDANCE, Purpose.GRADES


YES = {ATTENDANCE: Response.GIVEN}


NO = {ATTENDANCE: Response.WITHDRAWN}


LATE = LAPSES_AFTER + timedelta(minutes=1)


@pytest.fixture
def town(cast):
    install_seed_documents(cast.city)
    cast.second_homeroom = factories.staff_post(
        Role.HOMEROOM, cast.school, in_class=cast.class_1, name="副担任"
    )
    return cast


@pytest.fixture
def linked(town):
    factories.make_effective(town.sakura, ATTENDANCE)
    return town


def guardianship_of(town):
    return Guardianship.objects.get(guardian=town.midori, student=town.sakura)


def note(town, answers, *, by=None, known_by=IdentifiedBy.EMERGENCY_CARD, form_key=None, **more):
    documents = telephone_answers.documents_to_read(town.sakura)
    sent = {
        "answers": answers, "read": {d.purpose: d.pk for d in documents}, "spoke": SpokenBy.SELF,
        "known_by": known_by, "form_key": form_key or uuid.uuid4(),
        "by": by or town.homeroom.user, **more,
    }  # fmt: skip
    return telephone_answers.enter_call(guardianship_of(town), **sent)


def confirm(town, call, *, by=None, how=ConfirmedBy.CALLED_BACK):
    return telephone_answers.confirm_call(call, how=how, by=by or town.principal.user)


def child_says_yes(town):
    decide(student=town.sakura, actor=town.sakura.user, answers=YES, form_key=uuid.uuid4())


def the_key(town):
    return SubjectKey.objects.filter(student=town.sakura, purpose=ATTENDANCE).first()


def page(name, *args):
    return reverse(f"admin:consent_telephoneanswer_{name}", args=args)
