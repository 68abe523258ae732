"""While a key is paused nothing is stored and nothing is lost."""

import uuid

import pytest
from django.db import transaction
from django.urls import reverse

from apps.checkins.models import CheckIn
from apps.checkins.services import late_deliveries
from apps.checkins.services.form_context import load_form_context
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.reading import own_days
from apps.checkins.services.retention import delete_expired_checkins
from apps.checkins.services.storage import SubmissionMustWait
from apps.checkins.services.submissions import answered_today, is_offered, submit
from apps.vault.models import SubjectKey
from apps.vault.services.key_pauses import pause_keys, resume_keys
from apps.vault.services.keys import destroy_keys_of
from tests.checkins.tablet_client import deliver, opened, sealed

MOOD = {"mood": "1"}


def keys():
    return list(SubjectKey.objects.values_list("pk", flat=True))


def test_a_delivery_is_told_later_and_kept_once_the_key_is_in_use_again(offered, client):
    item = sealed(opened(offered.sakura), MOOD)
    pause_keys(keys())
    assert deliver(client, item) == ["later"]
    assert not CheckIn.objects.exists()
    resume_keys(keys())
    assert deliver(client, item) == ["kept"]


def test_a_key_paused_between_reading_and_writing_is_told_later_too(offered, client, monkeypatch):
    item = sealed(opened(offered.sakura), MOOD)
    known = late_deliveries.planned_unlocked_keys

    def paused_just_after(*args):
        found = known(*args)
        pause_keys(keys())
        return found

    monkeypatch.setattr(late_deliveries, "planned_unlocked_keys", paused_just_after)
    assert deliver(client, item) == ["later"]
    assert not CheckIn.objects.exists()


def test_after_the_key_is_destroyed_it_is_not_kept(offered, client):
    item = sealed(opened(offered.sakura), MOOD)
    pause_keys(keys())
    with transaction.atomic():
        destroy_keys_of(offered.sakura, ["checkin_review"])
    assert deliver(client, item) == ["not_kept"]


def test_a_form_already_open_comes_back_with_what_was_answered(offered, sign_in):
    question_set = current_question_set("daily")
    pause_keys(keys())
    with pytest.raises(SubmissionMustWait):
        submit(student=offered.sakura, question_set=question_set, answers=MOOD, client_key=uuid.uuid4())  # fmt: skip
    page = sign_in(offered.sakura.user).post(
        reverse("checkins:today"),
        {"client_key": uuid.uuid4(), "question_set": question_set.pk, "words": "まって います"},
    )
    assert page.status_code == 422
    assert "まって います" in page.content.decode()


def test_what_was_answered_before_is_neither_shown_nor_swept(offered, client):
    assert deliver(client, sealed(opened(offered.sakura), MOOD)) == ["kept"]
    pause_keys(keys())
    assert not is_offered(offered.sakura)
    assert load_form_context(offered.sakura, "daily").key_id is None
    assert not answered_today(offered.sakura)
    assert own_days(offered.sakura) == []
    assert delete_expired_checkins() == 0
    resume_keys(keys())
    assert is_offered(offered.sakura)
    assert len(own_days(offered.sakura)) == 1
