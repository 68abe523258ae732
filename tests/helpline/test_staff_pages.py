"""Staff see the longest waiting first, open with a reason, and answer once."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, Audience, AuditEvent
from apps.helpline.models import HelpNote, HelpReply, HelpRequest, HelpState
from apps.helpline.services import help_requests, replies, transitions
from tests.browser import form_on

LIST = reverse("admin:helpline_helprequest_changelist")


@pytest.fixture
def help_request(on_duty):
    return help_requests.send_help_request(
        student=on_duty.sakura, wanted="nurse", topic="home", words="だれにも いえない",
        form_key=uuid.uuid4(),
    )  # fmt: skip


def open_url(help_request):
    return reverse("admin:helpline_open", args=[help_request.pk])


def close_url(help_request):
    return reverse("admin:helpline_close", args=[help_request.pk])


def answer_url(help_request):
    return reverse("admin:helpline_answer", args=[help_request.pk])


def reply(what="answer", **more):
    data = {"words": "あした 話そう", "form_key": uuid.uuid4(), "reason": "student_asked", **more}
    return {f"{what}-{name}": value for name, value in data.items()}


def count(action):
    return AuditEvent.objects.filter(action=action).count()


def test_the_list_names_nobody_and_says_nothing(on_duty, help_request, sign_in):
    page = sign_in(on_duty.nurse.user).get(LIST).content.decode()
    assert str(help_request.pk) in page
    assert "1年1組" in page
    assert on_duty.sakura.full_name not in page
    assert "いえない" not in page


def test_the_longest_waiting_stands_first(on_duty, help_request, sign_in):
    second = help_requests.send_help_request(
        student=on_duty.ren, wanted="nurse", form_key=uuid.uuid4()
    )
    third = help_requests.send_help_request(
        student=on_duty.ren, wanted="other", form_key=uuid.uuid4()
    )
    replies.open_request(help_request, actor=on_duty.nurse.user, reason="safety")
    page = sign_in(on_duty.nurse.user).get(LIST).content.decode()
    places = [page.index(str(row.pk)) for row in (second, third, help_request)]
    assert places == sorted(places)


@pytest.mark.parametrize(("who", "seen_role"), [("nurse", "nurse"), ("principal", "")])
def test_opening_shows_the_words_marks_seen_and_leaves_a_record(
    on_duty, help_request, sign_in, who, seen_role
):
    """Seen is by whom the student chose; the principal is the last responder."""
    staff = sign_in(getattr(on_duty, who).user)
    assert "いえない" not in staff.get(open_url(help_request)).content.decode()
    assert HelpRequest.objects.get().state == HelpState.SENT
    page = staff.post(
        open_url(help_request), {"reason": "student_asked"}, follow=True
    ).content.decode()
    assert "だれにも いえない" in page
    assert on_duty.sakura.full_name in page
    assert HelpRequest.objects.get().seen_role == seen_role
    assert (count(Action.SEALED_OPENED), count(Action.HELP_SEEN)) == (1, 1)
    assert AuditEvent.objects.get(action=Action.SEALED_OPENED).audience == Audience.PROTECTIVE


@pytest.mark.parametrize("who", ["homeroom", "counsellor", "officer", "helpdesk", "away_nurse"])
def test_others_find_nothing(on_duty, help_request, sign_in, who):
    staff = sign_in(getattr(on_duty, who).user)
    assert str(help_request.pk) not in staff.get(LIST).content.decode()
    assert staff.post(open_url(help_request), {"reason": "safety"}, follow=True).status_code == 404
    assert staff.post(answer_url(help_request), reply()).status_code == 404
    assert staff.post(close_url(help_request), reply("close")).status_code == 404
    assert count(Action.SEALED_OPENED) == 0
    assert HelpRequest.objects.get().state == HelpState.SENT


def test_the_homeroom_teacher_of_another_class_finds_nothing(on_duty, help_request, sign_in):
    on_duty.homeroom.school_class = on_duty.class_2
    on_duty.homeroom.save()
    staff = sign_in(on_duty.homeroom.user)
    assert str(help_request.pk) not in staff.get(LIST).content.decode()
    assert staff.post(open_url(help_request), {"reason": "safety"}, follow=True).status_code == 404


def test_nobody_comes_in_without_signing_in(client, help_request):
    assert client.get(open_url(help_request)).status_code == 302
    assert client.post(answer_url(help_request), reply()).status_code == 302


def test_a_reply_sent_twice_is_one(on_duty, help_request, sign_in):
    staff, data = sign_in(on_duty.nurse.user), reply()
    for _ in range(2):
        assert staff.post(answer_url(help_request), data).url == LIST
    assert HelpReply.objects.count() == 1
    assert count(Action.HELP_ANSWERED) == 1


def test_the_answer_page_is_no_link(on_duty, help_request, sign_in):
    assert sign_in(on_duty.nurse.user).get(answer_url(help_request)).status_code == 405


def test_an_empty_reply_comes_back_with_a_sentence(on_duty, help_request, sign_in):
    page = sign_in(on_duty.nurse.user).post(answer_url(help_request), reply(words=" "))
    assert page.status_code == 422
    assert "返事の言葉を書いてください。" in page.content.decode()
    assert not HelpReply.objects.exists()


def test_a_reply_without_a_reason_opens_nothing(on_duty, help_request, sign_in):
    answer = sign_in(on_duty.nurse.user).post(answer_url(help_request), reply(words="", reason="x"))
    assert answer.status_code == 422
    assert count(Action.SEALED_OPENED) == 0


@pytest.mark.parametrize("what", ["answer", "close"])
def test_words_without_a_valid_reason_come_back_where_it_is_asked(
    on_duty, help_request, sign_in, what
):
    staff = sign_in(on_duty.nurse.user)
    url = reverse(f"admin:helpline_{what}", args=[help_request.pk])
    page = staff.post(url, reply(what, words="あした 会いましょう。", reason=""))
    assert page.status_code == 422
    assert "あした 会いましょう。" in page.content.decode()
    assert "だれにも いえない" not in page.content.decode()
    sent = form_on(page, having=f"{what}-words")
    assert staff.post(url, {**sent, f"{what}-reason": "safety"}).url == LIST
    written = HelpReply if what == "answer" else HelpNote
    assert written.objects.count() == 1


def test_what_was_taken_back_is_not_answered(on_duty, help_request, sign_in):
    help_requests.cancel_help_request(help_request, by=on_duty.sakura.user)
    page = sign_in(on_duty.nurse.user).post(answer_url(help_request), reply())
    assert page.status_code == 422
    assert "取り消しました" in page.content.decode()


# -- ending ---------------------------------------------------------------------------------------


def test_a_request_ends_with_a_note_that_staff_can_read_and_the_student_cannot(
    on_duty, help_request, sign_in
):
    staff, data = sign_in(on_duty.nurse.user), reply("close", words="ほけんしつで はなした")
    for _ in range(2):
        assert staff.post(close_url(help_request), data).url == LIST
    assert HelpNote.objects.count() == 1
    assert count(Action.HELP_CLOSED) == 1
    assert "はなした".encode() not in bytes(HelpNote.objects.get().sealed)
    help_request.refresh_from_db()
    assert (help_request.state, help_request.seen_role) == (HelpState.CLOSED, "nurse")
    assert (
        "はなした"
        in staff.post(open_url(help_request), {"reason": "safety"}, follow=True).content.decode()
    )
    page = sign_in(on_duty.sakura.user).get(reverse("helpline:status")).content.decode()
    assert "ほけんしつで はなした" not in page
    assert "おわりに" in page


@pytest.mark.parametrize("words", ["", "  "])
def test_nobody_ends_a_request_without_a_note(on_duty, help_request, sign_in, words):
    page = sign_in(on_duty.nurse.user).post(close_url(help_request), reply("close", words=words))
    assert page.status_code == 422
    assert "どうしたかを書いてください。" in page.content.decode()
    assert not HelpNote.objects.exists()
    with pytest.raises(transitions.CannotChangeRequest, match="どうしたかを書いて"):
        replies.close_request(
            help_request, actor=on_duty.nurse.user, words=words, form_key=uuid.uuid4()
        )


def test_the_database_refuses_an_end_without_a_note(on_duty, help_request):
    with pytest.raises(IntegrityError), transaction.atomic():
        HelpRequest.objects.update(state=HelpState.CLOSED, closed_at=timezone.now())


def test_what_is_ended_takes_no_reply(on_duty, help_request, sign_in):
    replies.close_request(
        help_request, actor=on_duty.nurse.user, words="会った", form_key=uuid.uuid4()
    )
    page = sign_in(on_duty.nurse.user).post(answer_url(help_request), reply())
    assert page.status_code == 422
    assert "この相談は、おわりになっています。" in page.content.decode()


def test_closing_is_no_link(on_duty, help_request, sign_in):
    assert sign_in(on_duty.nurse.user).get(close_url(help_request)).status_code == 405


# -- two who answer -------------------------------------------------------------------------------


def test_who_opens_second_reads_that_a_colleague_has_it_open(on_duty, help_request, sign_in):
    sign_in(on_duty.nurse.user).post(
        open_url(help_request), {"reason": "student_asked"}, follow=True
    )
    second = sign_in(on_duty.principal.user)
    assert (
        "保健室の先生(養護教諭)が 開いています"
        in second.get(open_url(help_request)).content.decode()
    )
    own = sign_in(on_duty.nurse.user).get(open_url(help_request)).content.decode()
    assert "開いています" not in own


def test_a_reply_sent_meanwhile_is_read_before_the_next_one_goes(on_duty, help_request, sign_in):
    one, two = sign_in(on_duty.nurse.user), sign_in(on_duty.principal.user)
    own_form = form_on(
        one.post(open_url(help_request), {"reason": "student_asked"}, follow=True), "answer-words"
    )
    theirs = form_on(
        two.post(open_url(help_request), {"reason": "student_asked"}, follow=True), "answer-words"
    )
    two.post(answer_url(help_request), {**theirs, "answer-words": "きょう 会えるよ"})
    page = one.post(answer_url(help_request), {**own_form, "answer-words": "あした 話そう"})
    assert page.status_code == 422
    text = page.content.decode()
    assert "校長先生(管理職)から返事か記録が入りました" in text
    assert "きょう 会えるよ" in text and "あした 話そう" in text
    assert HelpReply.objects.count() == 1
    again = form_on(page, "answer-words")
    for _ in range(2):
        assert one.post(answer_url(help_request), again).url == LIST
    assert HelpReply.objects.count() == 2


def test_an_end_noted_meanwhile_keeps_the_unsent_words_on_the_page(on_duty, help_request, sign_in):
    one, two = sign_in(on_duty.nurse.user), sign_in(on_duty.principal.user)
    own_form = form_on(
        one.post(open_url(help_request), {"reason": "student_asked"}, follow=True), "answer-words"
    )
    theirs = form_on(
        two.post(open_url(help_request), {"reason": "student_asked"}, follow=True), "close-words"
    )
    assert two.post(close_url(help_request), {**theirs, "close-words": "会って話した"}).url == LIST
    page = one.post(answer_url(help_request), {**own_form, "answer-words": "あした 話そう"})
    assert page.status_code == 422
    assert "あした 話そう" in page.content.decode()
    assert not HelpReply.objects.exists()
