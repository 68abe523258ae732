"""Events that staff record: sealed, once, about their own students, not in the future."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.cases.models import Sign, StudentEvent, SupportCase
from apps.cases.services import signs, student_events
from apps.core.clock import today
from apps.disclosure.services.access_days import CHECKED, all_access_days
from apps.disclosure.services.access_log import complete_entries
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories

LIST = "admin:cases_studentevent_changelist"
WORDS = "くつを かくされたと 聞いた"


def told(cast, **changes):
    return {
        "form_key": str(uuid.uuid4()), "student": cast.sakura.pk, "kind": "bullying",
        "happened_on": today().isoformat(), "source": "student", "words": WORDS, **changes,
    }  # fmt: skip


def post(client, cast, **changes):
    return client.post(reverse("admin:cases_event_record"), told(cast, **changes))


def test_a_recorded_event_is_sealed_and_raises_a_sign(watched, sign_in):
    client = sign_in(watched.nurse.user)
    assert post(client, watched).status_code == 302
    event = StudentEvent.objects.select_related("student").get()
    assert WORDS.encode() not in bytes(event.sealed)
    assert b"bullying" not in bytes(event.sealed)
    (content,) = open_sealed([event], actor=watched.nurse.user, reason=OpeningReason.SIGN)
    assert content == {
        "kind": "bullying", "on": today().isoformat(), "source": "student", "words": WORDS,
    }  # fmt: skip
    assert AuditEvent.objects.filter(action=Action.EVENT_RECORDED).count() == 1
    signs.update_signs()
    assert Sign.objects.get().rule.code == "R7"
    assert SupportCase.objects.get().student == watched.sakura


def test_the_same_form_twice_is_one_event(watched, sign_in):
    client, key = sign_in(watched.nurse.user), str(uuid.uuid4())
    for _ in range(2):
        assert post(client, watched, form_key=key).status_code == 302
    assert StudentEvent.objects.count() == 1
    signs.update_signs()
    signs.update_signs()
    assert Sign.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"happened_on": (today() + timedelta(days=500)).isoformat()}, "まだ来ていない日"),
        ({"happened_on": "2020-01-01"}, "1年より前"),
        ({"words": "   "}, "何があったかを書いてください"),
        ({"words": "あ" * 1001}, "1000字まで"),
        ({"kind": "robbery"}, "robbery"),
        ({"form_key": "x"}, "画面が古く"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(watched, sign_in, changes, sentence):
    answer = post(sign_in(watched.nurse.user), watched, **changes)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not StudentEvent.objects.exists()


def test_a_student_of_another_school_or_class_is_refused(watched, sign_in):
    other = factories.student(factories.school_class(watched.away_school), "ほか", number=9)
    for user, student in ((watched.nurse.user, other), (watched.homeroom.user, watched.ren)):
        answer = post(sign_in(user), watched, student=student.pk)
        assert answer.status_code == 422
        assert "選べません" in answer.content.decode()
        with pytest.raises(PermissionDenied):
            student_events.record_event(
                student, actor=user, kind="other", happened_on=today(), source="staff",
                words=WORDS, form_key=uuid.uuid4(),
            )  # fmt: skip
    assert not StudentEvent.objects.exists()


def test_nobody_records_about_their_own_child(watched, sign_in):
    user = factories.make_parent(watched.nurse, watched.sakura)
    with pytest.raises(PermissionDenied):
        student_events.record_event(
            watched.sakura, actor=user, kind="other", happened_on=today(), source="staff",
            words=WORDS, form_key=uuid.uuid4(),
        )  # fmt: skip


def test_the_list_says_nothing_of_whom_and_what_and_a_reason_opens_it(watched, sign_in):
    client = sign_in(watched.nurse.user)
    post(client, watched)
    event = StudentEvent.objects.get()
    page = client.get(reverse(LIST)).content.decode()
    assert "1年1組" in page
    closed = client.get(reverse("admin:cases_studentevent_change", args=[event.pk]))
    for shown in (page, closed.content.decode()):
        assert "さくら" not in shown
        assert "いじめ" not in shown
    url = reverse("admin:cases_event_open", args=[event.pk])
    assert client.post(url, {}).status_code == 422
    assert client.get(url).status_code == 405
    opened = client.post(url, {"reason": "sign"}, follow=True).content.decode()
    for words in ("さくら", "いじめ", WORDS, "本人から聞いた"):
        assert words in opened
    seen = AuditEvent.objects.filter(action=Action.SEALED_OPENED, subject_id=watched.sakura.pk)
    assert seen.count() == 1


@pytest.mark.parametrize(
    ("who", "status"), [("away_nurse", 404), ("office", 404), ("officer", 404)]
)
def test_outsiders_find_no_event(watched, sign_in, who, status):
    post(sign_in(watched.nurse.user), watched)
    client, event = sign_in(getattr(watched, who).user), StudentEvent.objects.get()
    for url in (
        reverse("admin:cases_studentevent_change", args=[event.pk]),
        reverse("admin:cases_event_open", args=[event.pk]),
    ):
        assert client.post(url, {"reason": "sign"}).status_code in (status, 403, 405)
        assert client.get(url).status_code in (status, 403, 405)


def test_no_family_sees_that_something_was_recorded(watched, sign_in):
    post(sign_in(watched.nurse.user), watched)
    signs.update_signs()
    for user in (watched.midori.user, watched.sakura.user):
        own = {Action.KEY_MADE, Action.CONSENT_DECIDED} if user == watched.sakura.user else set()
        lines = {day.what for day in all_access_days(watched.sakura, user)}
        assert lines <= {CHECKED} | own
    given = complete_entries(watched.sakura)  # what the student may get one day
    assert not {event.action for event in given} & {Action.EVENT_RECORDED, Action.SIGN_RAISED}
    assert "casework" not in {event.purpose for event in given}
