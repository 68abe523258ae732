"""Staff meet the longest waiting first, open with a reason, and answer once."""

import uuid

import pytest
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.helpline import services
from apps.helpline.models import DutyRoster, HelpReply, HelpRequest, HelpState

LIST = reverse("admin:helpline_helprequest_changelist")
ROSTERS = reverse("admin:helpline_dutyroster_changelist")


@pytest.fixture
def wish(on_duty):
    return services.ask(
        student=on_duty.sakura, wanted="nurse", topic="home", words="だれにも いえない",
        form_key=uuid.uuid4(),
    )  # fmt: skip


def open_url(wish):
    return reverse("admin:helpline_open", args=[wish.pk])


def answer_url(wish):
    return reverse("admin:helpline_answer", args=[wish.pk])


def reply(**more):
    return {"words": "あした 話そう", "form_key": uuid.uuid4(), "reason": "student_asked", **more}


def count(action):
    return AuditEvent.objects.filter(action=action).count()


def test_the_list_names_nobody_and_says_nothing(on_duty, wish, sign_in):
    page = sign_in(on_duty.nurse.user).get(LIST).content.decode()
    assert str(wish.pk) in page
    assert "1年1組" in page
    assert on_duty.sakura.full_name not in page
    assert "いえない" not in page


def test_the_longest_waiting_stands_first(on_duty, wish, sign_in):
    second = services.ask(student=on_duty.ren, wanted="nurse", form_key=uuid.uuid4())
    third = services.ask(student=on_duty.ren, wanted="other", form_key=uuid.uuid4())
    services.see(wish, actor=on_duty.nurse.user, reason="safety")
    page = sign_in(on_duty.nurse.user).get(LIST).content.decode()
    places = [page.index(str(row.pk)) for row in (second, third, wish)]
    assert places == sorted(places)


@pytest.mark.parametrize("who", ["homeroom", "nurse", "counsellor", "principal"])
def test_opening_shows_the_words_marks_seen_and_leaves_a_record(on_duty, wish, sign_in, who):
    staff = sign_in(getattr(on_duty, who).user)
    assert "いえない" not in staff.get(open_url(wish)).content.decode()
    assert HelpRequest.objects.get().state == HelpState.SENT
    page = staff.post(open_url(wish), {"reason": "student_asked"}).content.decode()
    assert "だれにも いえない" in page
    assert on_duty.sakura.full_name in page
    assert HelpRequest.objects.get().seen_role == getattr(on_duty, who).role
    assert (count(Action.SEALED_OPENED), count(Action.HELP_SEEN)) == (1, 1)


@pytest.mark.parametrize("who", ["officer", "helpdesk", "away_nurse"])
def test_others_find_nothing(on_duty, wish, sign_in, who):
    staff = sign_in(getattr(on_duty, who).user)
    assert str(wish.pk) not in staff.get(LIST).content.decode()
    assert staff.post(open_url(wish), {"reason": "safety"}).status_code == 404
    assert staff.post(answer_url(wish), reply()).status_code == 404
    assert count(Action.SEALED_OPENED) == 0
    assert HelpRequest.objects.get().state == HelpState.SENT


def test_the_homeroom_teacher_of_another_class_finds_nothing(on_duty, wish, sign_in):
    on_duty.homeroom.school_class = on_duty.class_2
    on_duty.homeroom.save()
    staff = sign_in(on_duty.homeroom.user)
    assert str(wish.pk) not in staff.get(LIST).content.decode()
    assert staff.post(open_url(wish), {"reason": "safety"}).status_code == 404


def test_nobody_comes_in_without_signing_in(client, wish):
    assert client.get(open_url(wish)).status_code == 302
    assert client.post(answer_url(wish), reply()).status_code == 302


def test_a_reply_sent_twice_is_one(on_duty, wish, sign_in):
    staff, data = sign_in(on_duty.nurse.user), reply()
    for _ in range(2):
        assert staff.post(answer_url(wish), data).url == LIST
    assert HelpReply.objects.count() == 1
    assert count(Action.HELP_ANSWERED) == 1


def test_the_answer_page_is_no_link(on_duty, wish, sign_in):
    assert sign_in(on_duty.nurse.user).get(answer_url(wish)).status_code == 405


def test_an_empty_reply_comes_back_with_a_sentence(on_duty, wish, sign_in):
    page = sign_in(on_duty.nurse.user).post(answer_url(wish), reply(words=" "))
    assert page.status_code == 422
    assert "返事の言葉を書いてください。" in page.content.decode()
    assert not HelpReply.objects.exists()


def test_a_reply_without_a_reason_opens_nothing(on_duty, wish, sign_in):
    answer = sign_in(on_duty.nurse.user).post(answer_url(wish), reply(words="", reason="x"))
    assert answer.url == open_url(wish)
    assert count(Action.SEALED_OPENED) == 0


def test_what_was_taken_back_is_not_answered(on_duty, wish, sign_in):
    services.cancel(wish, by=on_duty.sakura.user)
    page = sign_in(on_duty.nurse.user).post(answer_url(wish), reply())
    assert page.status_code == 422
    assert "取り消しました" in page.content.decode()


# -- the roster -------------------------------------------------------------------------------------


def roster(c, **more):
    return {
        "school": c.school.pk, "first": c.nurse.user_id, "second": c.counsellor.user_id,
        "last": c.principal.user_id, "opens_at": "08:30", "closes_at": "16:30", "is_on": "on",
        **more,
    }  # fmt: skip


ADD = reverse("admin:helpline_dutyroster_add")


def test_the_principal_switches_the_feature_on_and_it_is_on_record(cast, sign_in):
    assert sign_in(cast.principal.user).post(ADD, roster(cast)).status_code == 302
    made = DutyRoster.objects.get()
    assert (made.is_on, made.municipality) == (True, cast.city)
    assert count(Action.RECORD_CHANGED) == 1


@pytest.mark.parametrize(
    "gap", [{"second": ""}, {"last": ""}, {"opens_at": ""}, {"closes_at": "08:00"}]
)
def test_a_promise_nobody_keeps_is_refused_with_a_sentence(cast, sign_in, gap):
    page = sign_in(cast.principal.user).post(ADD, roster(cast, **gap))
    assert "してください。" in page.content.decode() or "決めてください。" in page.content.decode()
    assert not DutyRoster.objects.exists()


def test_one_person_is_not_two_contacts(cast, sign_in):
    page = sign_in(cast.principal.user).post(ADD, roster(cast, second=cast.nurse.user_id))
    assert "別の人にしてください。" in page.content.decode()
    assert not DutyRoster.objects.exists()


def test_another_school_cannot_be_chosen(cast, sign_in):
    for wrong in ({"school": cast.away_school.pk}, {"first": cast.away_nurse.user_id}):
        assert sign_in(cast.principal.user).post(ADD, roster(cast, **wrong)).status_code == 200
    assert not DutyRoster.objects.exists()


@pytest.mark.parametrize(("who", "seen"), [("nurse", 200), ("officer", 403), ("helpdesk", 403)])
def test_others_at_most_look(on_duty, sign_in, who, seen):
    staff = sign_in(getattr(on_duty, who).user)
    assert staff.get(ROSTERS).status_code == seen
    assert staff.post(ADD, roster(on_duty)).status_code == 403


def test_a_principal_elsewhere_does_not_find_the_roster(on_duty, sign_in):
    url = reverse("admin:helpline_dutyroster_change", args=[on_duty.duty.pk])
    page = sign_in(on_duty.away_nurse.user).get(url)
    assert page.status_code == 302  # the admin's way to say: there is no such roster
