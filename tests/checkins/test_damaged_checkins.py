"""A damaged check-in is shown as such, and does not affect the others."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.checkins.models import CheckIn, DeliveryKey
from apps.checkins.services import class_day
from apps.checkins.services.question_sets import current_question_set
from apps.checkins.services.reading import just_sent, own_days
from apps.checkins.services.storage import SubmissionMustWait
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose, Response
from apps.consent.services import decisions
from apps.core.clock import today
from apps.vault.models import DamageReport, SubjectKey
from apps.vault.services.sealed_content import OpeningReason
from tests import factories
from tests.checkins.tablet_client import deliver, opened, sealed
from tests.vault.damage_helpers import (
    DAMAGE_WORDS,
    DAMAGE_WORDS_FOR_STUDENTS,
    damage,
    lose_share,
    share_of,
)

REVIEW = Purpose.CHECKIN_REVIEW


@pytest.fixture
def both(offered):
    """sakura and a classmate have answered today; sakura's answer is damaged."""
    offered.yui = factories.student(offered.class_1, "ゆい", number=2, local_code="1002")
    factories.make_effective(offered.yui, REVIEW)
    for student in (offered.sakura, offered.yui):
        send(student, {"mood": 1, "words": "ことば"})
    offered.row = damage(CheckIn.objects.get(student=offered.sakura))
    return offered


def send(student, answers, on=None):
    submit(
        student=student, question_set=current_question_set(), answers=answers, client_key=uuid.uuid4(),
        answered_on=on,
    )  # fmt: skip


def key_of(student):
    return SubjectKey.objects.get(student=student, purpose=REVIEW).pk


def test_the_class_page_shows_the_damaged_one_as_such_and_the_other_as_it_is(both, sign_in):
    url = reverse("admin:checkins_class", args=[both.class_1.pk])
    page = sign_in(both.homeroom.user).post(
        f"{url}?on={today()}", {"reason": OpeningReason.MEETING}, follow=True
    )
    text = page.content.decode()
    assert (page.status_code, text.count(DAMAGE_WORDS), text.count("ことば")) == (200, 1, 1)
    looked = AuditEvent.objects.filter(action=Action.SEALED_OPENED)
    assert {event.subject_id for event in looked} == {both.sakura.pk, both.yui.pk}


def test_who_could_not_read_an_answer_is_not_said_to_have_seen_it(both):
    class_day.open_class_day(
        both.class_1, today(), actor=both.homeroom.user, reason=OpeningReason.MEETING
    )
    seen = dict(CheckIn.objects.values_list("student", "seen_role"))
    assert seen == {both.sakura.pk: "", both.yui.pk: "homeroom"}


def test_staff_read_in_words_that_one_answer_is_damaged(both, sign_in):
    client = sign_in(both.homeroom.user)
    for name, pk in (("open", both.row.pk), ("weeks", both.sakura.pk)):
        url = reverse(f"admin:checkins_{name}", args=[pk])
        page = client.post(url, {"reason": OpeningReason.MEETING}, follow=True)
        assert (page.status_code, DAMAGE_WORDS in page.content.decode()) == (200, True)


def test_an_empty_answer_is_not_called_damaged(offered):
    send(offered.sakura, {})
    (one,) = class_day.open_class_day(
        offered.class_1, today(), actor=offered.homeroom.user, reason=OpeningReason.MEETING
    )
    assert (one.unreadable, bool(one.words)) == ("", True)


def test_the_student_sees_which_day_cannot_be_read_and_the_days_beside_it(both, sign_in):
    send(both.sakura, {"mood": 3}, on=today() - timedelta(1))
    page = sign_in(both.sakura.user).get(reverse("checkins:days"))
    assert page.status_code == 200
    assert page.content.decode().count("<tr><th") == 3  # the head and two days
    assert [day.is_damaged for day in own_days(both.sakura)] == [False, True]


def test_the_page_after_sending_stands_though_the_answer_is_damaged(both, sign_in):
    for row in CheckIn.objects.filter(student=both.sakura):
        assert just_sent(both.sakura, row.client_key).answers == {}
    assert sign_in(both.sakura.user).get(reverse("checkins:done")).status_code == 200


def test_a_batch_with_one_damaged_key_keeps_the_others(both, client):
    own, other = (sealed(opened(student), {"mood": "1"}) for student in (both.sakura, both.yui))
    share_of(key_of(both.sakura)).write_bytes(b"cut")
    assert deliver(client, own, other) == ["later", "kept"]


def test_an_answer_under_a_replaced_key_is_kept_when_its_student_agreed_once_more(offered, client):
    item = sealed(opened(offered.sakura), {"mood": "1"})
    lose_share(key_of(offered.sakura))
    assert deliver(client, item) == ["later"]
    decisions.decide(
        student=offered.sakura, actor=offered.midori.user, answers={REVIEW: Response.GIVEN},
        form_key=uuid.uuid4(),
    )  # fmt: skip
    assert deliver(client, item) == ["kept"]
    assert [day.answers for day in own_days(offered.sakura)] == [{"mood": 1}]


def test_a_form_sent_under_a_damaged_key_comes_back_filled_in(offered, sign_in):
    lose_share(key_of(offered.sakura))
    with pytest.raises(SubmissionMustWait):
        send(offered.sakura, {"mood": 1})
    page = sign_in(offered.sakura.user).post(
        reverse("checkins:today"),
        {"client_key": uuid.uuid4(), "question_set": current_question_set().pk, "words": "まって"},
    )
    assert (page.status_code, "まって" in page.content.decode()) == (422, True)


def test_a_damaged_key_of_the_day_makes_the_tablet_keep_what_it_has(offered, client):
    item = sealed(opened(offered.sakura), {"mood": "1"})
    DeliveryKey.objects.update(wrapped=b"nothing")
    assert deliver(client, item) == ["later"]
    assert DamageReport.objects.get().table == "checkins_deliverykey"


def test_my_data_shows_what_cannot_be_read_and_the_rest(both, sign_in):
    send(both.sakura, {"mood": 3, "words": "べつの ことば"}, on=today() - timedelta(1))
    client = sign_in(both.sakura.user)
    page = client.get(reverse("disclosure:personal_data", args=[both.sakura.pk]))
    assert page.status_code == 200
    rows = client.post(reverse("disclosure:personal_data_file", args=[both.sakura.pk])).json()
    assert [row.get("unreadable", "") for row in rows["parts"]["checkins"]["rows"]] == [
        "damaged", "",
    ]  # fmt: skip
    assert DAMAGE_WORDS_FOR_STUDENTS in rows["parts"]["checkins"]["note"]


def test_my_data_leaves_its_record_though_one_of_its_rows_is_damaged(both, sign_in):
    """What was handed out is on record for every row, the one that did not open too."""
    send(both.sakura, {"mood": 3, "words": "べつの ことば"}, on=today() - timedelta(1))
    client = sign_in(both.sakura.user)
    assert (
        client.post(reverse("disclosure:personal_data_file", args=[both.sakura.pk])).status_code
        == 200
    )
    event = AuditEvent.objects.get(action=Action.DATA_TAKEN)
    assert (event.actor, event.subject_id) == (both.sakura.user, both.sakura.pk)
    assert DamageReport.objects.get().row_id == both.row.pk
