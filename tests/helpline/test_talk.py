"""A student answers to a proposed meeting with one tap, and writes again in the same talk."""

import uuid
from datetime import date, time, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.helpline.models import HelpMessage, HelpState
from apps.helpline.services import help_requests, replies, talk, transitions
from apps.vault.services.sealed_content import OpeningReason
from tests import page_text
from tests.records import actors_of

MONDAY = "2026-11-30T10:00+09:00"
MEETING = {"meet_on": date(2026, 12, 1), "meet_at": time(12, 30), "meet_place": "北の小部屋"}


@pytest.fixture(autouse=True)
def _a_monday():
    with time_machine.travel(MONDAY, tick=True):
        yield


@pytest.fixture
def request_(on_duty):
    return help_requests.send_help_request(
        student=on_duty.sakura, wanted="nurse", form_key=uuid.uuid4(), words="はなしたい"
    )


def text_of(answer):
    return "".join(page_text.text_of(answer.content.decode()).split())


def reply(request, by, **more):
    return replies.send_reply(
        request, actor=by, words="あした 話そう。", form_key=uuid.uuid4(), **more
    )


def write(request, **told):
    return talk.write_back(
        request, student=request.student, form_key=told.pop("form_key", uuid.uuid4()), **told
    )


def opened(request, by):
    content = replies.open_request(request, actor=by, reason=OpeningReason.STUDENT_ASKED)
    request.refresh_from_db()
    return content


@pytest.fixture
def page(request_, sign_in):
    """``page()``: what the student reads; ``page(words=…)``: after posting that."""
    student = request_.student
    client = sign_in(student.user)

    def show(**data):
        if not data:
            return client.get(reverse("helpline:one", args=[request_.pk]))
        url = reverse("helpline:write_back", args=[request_.pk])
        return client.post(url, {"form_key": uuid.uuid4(), **data}, follow=True)

    show.client = client
    return show


# -- the student ----------------------------------------------------------------------------------


def test_a_proposed_time_is_answered_with_one_tap(on_duty, request_, page):
    proposal = reply(request_, on_duty.nurse.user, **MEETING)
    shown = text_of(page())
    for words in (
        "12月1日",
        "12:30",
        "北の小部屋",
        "その時間でいい",
        "ほかの時間がいい",
        "もうだいじょうぶ",
    ):
        assert words in shown
    answered = page(reply=proposal.pk, answer="other_time")
    assert "ほかの時間がいい" in text_of(answered)
    assert "もうだいじょうぶ" not in text_of(answered)
    page(reply=proposal.pk, answer="yes")  # a tap in another window
    message = HelpMessage.objects.get()
    assert message.answers == proposal
    (_, content), *_ = talk.own_messages(request_, student=request_.student)
    assert content["answer"] == "other_time"
    assert actors_of(Action.HELP_WRITTEN) == [on_duty.sakura.user]
    assert b"other_time" not in bytes(message.sealed)


def test_more_words_come_in_the_same_talk_once_a_form(on_duty, request_, page):
    reply(request_, on_duty.nurse.user)
    key = uuid.uuid4()
    for _ in range(2):
        assert "あしたは こわい" in page(words="あしたは こわい", form_key=key).content.decode()
    assert HelpMessage.objects.count() == 1
    assert "やりとり" not in text_of(page())


def test_what_cannot_be_sent_stands_on_the_page_again(on_duty, request_, page):
    reply(request_, on_duty.nurse.user)
    for data, sentence in (
        ({"words": "  "}, "言葉を書いてから、送ってください。"),
        ({"words": "あ" * 201}, "200字までで"),
        ({"answer": "yes"}, "えらべません"),
        ({"words": "あ", "form_key": "x"}, "古くなっています"),
    ):
        refused = page(**data)
        assert refused.status_code == 422
        assert sentence in text_of(refused)
    assert data["words"] in refused.content.decode()
    assert not HelpMessage.objects.exists()
    for n in range(talk.MAX_UNREAD):
        write(request_, words=f"{n}")
    assert "もう5つ書きました" in text_of(page(words="もう一つ"))
    reply(request_, on_duty.nurse.user)
    write(request_, words="また書ける")


def test_nothing_is_written_before_a_reply_or_after_the_end(on_duty, request_, page):
    assert "もう少し書く" not in text_of(page())
    with pytest.raises(transitions.CannotChangeRequest):
        write(request_, words="まだ")
    reply(request_, on_duty.nurse.user)
    opened(request_, on_duty.nurse.user)
    replies.close_request(request_, actor=on_duty.nurse.user, words="話した", form_key=uuid.uuid4())
    assert "このやりとりは終わっています" in text_of(page(words="まだ ある"))


def test_without_the_pin_nothing_of_it_is_shown_or_written(on_duty, request_, sign_in):
    proposal = reply(request_, on_duty.nurse.user, **MEETING)
    write(request_, words="ひみつの ことば")
    client = sign_in(on_duty.sakura.user, proved=False)
    shown = client.get(reverse("helpline:one", args=[request_.pk])).content.decode()
    for words in ("小部屋", "ひみつ", "あした 話そう", str(proposal.pk), "12:30"):
        assert words not in shown
    url = reverse("helpline:write_back", args=[request_.pk])
    answer = client.post(url, {"words": "ほかの人", "form_key": uuid.uuid4()})
    assert (answer.status_code, answer["Location"]) == (302, reverse("signin:prove"))
    assert HelpMessage.objects.count() == 1


def test_nobody_writes_in_a_talk_of_somebody_else(on_duty, request_, sign_in):
    reply(request_, on_duty.nurse.user)
    url = reverse("helpline:write_back", args=[request_.pk])
    other = sign_in(on_duty.ren.user)
    for client in (other, sign_in(on_duty.midori.user), sign_in(on_duty.nurse.user)):
        assert client.post(url, {"words": "x", "form_key": uuid.uuid4()}).status_code in (403, 404)
    assert not HelpMessage.objects.exists()


# -- staff ----------------------------------------------------------------------------------------


def test_who_answers_finds_it_on_the_first_page_until_it_is_read(on_duty, request_, sign_in):
    nurse = on_duty.nurse.user
    opened(request_, nurse)
    reply(request_, nurse)
    desk, listed = sign_in(nurse), reverse("admin:helpline_helprequest_changelist") + "?state=wrote"
    assert "生徒がまた書きました" not in desk.get("/admin/").content.decode()
    write(request_, words="もう少し 話したい")
    assert "生徒がまた書きました" in desk.get("/admin/").content.decode()
    assert str(request_.pk) in desk.get(listed).content.decode()
    url = reverse("admin:helpline_open", args=[request_.pk])
    page = desk.post(url, {"reason": "student_asked"}, follow=True).content.decode()
    assert "もう少し 話したい" in page
    request_.refresh_from_db()
    assert request_.wrote_at is None
    assert "生徒がまた書きました" not in desk.get("/admin/").content.decode()


def test_who_was_not_chosen_does_not_take_it_from_who_was(on_duty, request_):
    reply(request_, on_duty.nurse.user)
    write(request_, words="まだ")
    others = request_.readers.exclude(person=on_duty.nurse.user)
    assert others
    for reader in others:
        opened(request_, reader.person)
        assert request_.wrote_at is not None
    opened(request_, on_duty.nurse.user)
    assert request_.wrote_at is None


def test_a_reply_written_meanwhile_is_held_back(on_duty, request_):
    reply(request_, on_duty.nurse.user)
    seen = replies.written_so_far(request_)
    write(request_, words="やっぱり こわい")
    with pytest.raises(transitions.RequestChangedMeanwhile, match="生徒がまた書きました"):
        reply(request_, on_duty.nurse.user, seen=seen)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"meet_place": ""}, "すべて"), ({"meet_on": None}, "すべて"),
        ({"meet_on": date(2026, 11, 29)}, "これから"),
        ({"meet_on": date(2026, 11, 30), "meet_at": time(9, 0)}, "これから"),
        ({"meet_place": "あ" * 41}, "40字"),
    ],
)  # fmt: skip
def test_half_a_meeting_or_one_that_is_over_is_refused(on_duty, request_, change, sentence):
    with pytest.raises(transitions.CannotChangeRequest, match=sentence):
        reply(request_, on_duty.nurse.user, **(MEETING | change))
    assert not request_.replies.exists()


def test_the_form_proposes_and_shows_the_answer(on_duty, request_, sign_in):
    desk = sign_in(on_duty.nurse.user)
    url = reverse("admin:helpline_open", args=[request_.pk])
    desk.post(url, {"reason": "student_asked"})
    data = {
        "answer-words": "話そう", "answer-form_key": uuid.uuid4(), "answer-reason": "student_asked",
        "answer-seen": "0-0-0", "answer-meet_on": "2026-12-01", "answer-meet_at": "12:30",
    }  # fmt: skip
    answer_url = reverse("admin:helpline_answer", args=[request_.pk])
    refused = desk.post(answer_url, data)
    assert refused.status_code == 422
    assert "すべて書いてください" in refused.content.decode()
    assert desk.post(answer_url, data | {"answer-meet_place": "相談室"}).status_code == 302
    write(request_, reply=request_.replies.get(), answer="yes")
    page = desk.get(url).content.decode()
    assert "相談室" in page
    assert "その時間でいい" in page


def test_the_family_learns_nothing_of_it(on_duty, request_):
    reply(request_, on_duty.nurse.user, **MEETING)
    write(request_, words="ひみつ")
    written = AuditEvent.objects.get(action=Action.HELP_WRITTEN)
    assert written.audience == "protective"
    assert request_.state in HelpState.values
    assert timezone.now() - HelpMessage.objects.get().sent_at < timedelta(minutes=1)
