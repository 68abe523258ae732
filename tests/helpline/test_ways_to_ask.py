"""Sent with the card alone, how the answer comes, a friend's report, and a school without duty hours."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.helpline.models import AnswerWay, Drill, DutyRoster, HelpReader, HelpRequest, HelpState
from apps.helpline.services import drills, escalation, help_requests, replies, transitions
from apps.people.models import Role, StaffPost
from apps.push.models import Broadcast
from apps.signin.services import cards
from apps.signin.services.pins import LOCK_AT
from tests import factories
from tests.helpline.escalation_helpers import STATUS, called, send
from tests.helpline.test_readers import later, open_url, opened
from tests.helpline.test_routes import in_force, town  # noqa: F401 - a fixture
from tests.ruby_readings import kanji_without_reading

ASK, REPLY = reverse("helpline:ask"), reverse("helpline:reply")
PIN, CARD = reverse("signin:pin"), reverse("signin:card_entry")
BY_CARD, SENT = reverse("helpline:by_card"), reverse("helpline:sent_by_card")
WAITING = [HelpState.SENT, HelpState.SEEN]


def text(answer):
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|<[^>]+>|\s", "", answer.content.decode())


def form(**more):
    return {
        "wanted": "nurse",
        "words": "たすけて",
        "answer_way": "person",
        "form_key": uuid.uuid4(),
        **more,
    }


@pytest.fixture
def card(on_duty, client):
    """A browser that has read in sakura's card, whose PIN she knows and its finder does not."""
    ((_student, code),) = cards.issue_cards([on_duty.sakura], by=on_duty.homeroom.user)
    factories.choose_own_pin(code, "4826")
    client.post(CARD, {"code": code})
    return client


# -- with the card alone ------------------------------------------------------------------------------


def test_the_card_alone_sends_and_reads_nothing(on_duty, card):
    earlier = send(on_duty, words="まえの ことば", wanted="nurse")
    assert f'href="{BY_CARD}"' in card.get(PIN).content.decode()
    page = card.get(BY_CARD)
    assert kanji_without_reading(page.content.decode()) == []
    assert "取り消せます" not in text(page)
    assert card.post(BY_CARD, form()).headers["Location"] == SENT
    seen = page.content.decode() + card.get(SENT).content.decode()
    for secret in ("さくら", "まえの", str(earlier.pk), on_duty.nurse.name, "1年1組", "東和"):
        assert secret not in seen
    for url in (
        STATUS,
        REPLY,
        reverse("helpline:one", args=[earlier.pk]),
        reverse("helpline:hidden"),
    ):
        assert card.get(url).status_code == 302
    sent = HelpRequest.objects.get(without_pin=True)
    assert (sent.student, sent.answer_way) == (on_duty.sakura, AnswerWay.PERSON)
    event = AuditEvent.objects.get(thing_id=str(sent.pk), action="help.requested")
    assert event.actor is None


def test_a_locked_card_leads_to_the_same_page(on_duty, card):
    for _ in range(LOCK_AT):
        page = card.post(PIN, {"pin": "1111"})
    assert page.status_code == 422 and f'href="{BY_CARD}"' in page.content.decode()
    assert card.post(BY_CARD, form()).status_code == 302
    assert HelpRequest.objects.get().without_pin


def test_its_readers_see_that_no_pin_was_typed_and_the_student_does_afterwards(
    on_duty, card, sign_in
):
    card.post(BY_CARD, form())
    sent = HelpRequest.objects.get()
    page = sign_in(on_duty.nurse.user).post(open_url(sent), {"reason": "safety"}, follow=True)
    assert "暗証番号なし" in page.content.decode()
    assert "暗証番号なしで送られました" in text(sign_in(on_duty.sakura.user).get(STATUS))


def test_twice_is_one_and_many_are_refused_without_filling_up_the_students_own(on_duty, card):
    data = form()
    assert [card.post(BY_CARD, data).status_code for _ in range(2)] == [302, 302]
    assert card.post(BY_CARD, form()).status_code == 302
    page = card.post(BY_CARD, form())
    assert page.status_code == 422
    assert "カードだけでは送れません" in text(page) and "0120-0-78310" in text(page)
    assert HelpRequest.objects.count() == 2
    for _ in range(help_requests.MAX_UNSEEN):
        send(on_duty)


def test_no_more_than_three_in_an_hour_even_where_they_are_read(on_duty, card):
    for _ in range(3):
        assert card.post(BY_CARD, form()).status_code == 302
        HelpRequest.objects.update(state=HelpState.CANCELLED)
    assert card.post(BY_CARD, form()).status_code == 422
    assert HelpRequest.objects.count() == 3


def test_without_a_card_or_with_an_unknown_one_the_card_is_asked_for(on_duty, client):
    assert client.get(BY_CARD).headers["Location"] == CARD
    client.post(CARD, {"code": "ABCD-EFGH-JKLM-NPQR"})
    for answer in (client.get(BY_CARD), client.post(BY_CARD, form())):
        assert answer.headers["Location"] == CARD
    assert not HelpRequest.objects.exists()


@pytest.mark.parametrize(
    "bad", [{"wanted": "boss"}, {"form_key": "x"}, {"answer_way": "mail"}, {"words": "あ" * 201}]
)
def test_bad_input_comes_back_with_a_sentence_and_sends_nothing(on_duty, card, bad):
    page = card.post(BY_CARD, form(**bad))
    assert page.status_code == 422 and 'role="alert"' in page.content.decode()
    assert not HelpRequest.objects.exists()


# -- how the answer comes -----------------------------------------------------------------------------


def test_the_form_says_what_each_way_means(on_duty, sign_in):
    page = sign_in(on_duty.sakura.user).get(ASK)
    assert "返事は書かれません。お知らせも来ません。" in text(page)
    assert kanji_without_reading(page.content.decode()) == []


def test_who_wants_to_hear_it_from_a_person_gets_no_written_reply_and_no_message(
    on_duty, clock, sign_in
):
    sent = send(on_duty, wanted="nurse", answer_way="person")
    assert opened(sent, on_duty.nurse) == HelpState.SEEN
    desk = sign_in(on_duty.nurse.user)
    page = desk.post(open_url(sent), {"reason": "student"}, follow=True)
    page = desk.post(open_url(sent), {"reason": "safety"}, follow=True).content.decode()
    assert "会って、直接言ってください" in page
    assert reverse("admin:helpline_answer", args=[sent.pk]) not in page
    with pytest.raises(transitions.CannotChangeRequest, match="直接"):
        replies.send_reply(sent, actor=on_duty.nurse.user, words="きてね", form_key=uuid.uuid4())
    replies.close_request(
        sent, actor=on_duty.nurse.user, words="あって はなした", form_key=uuid.uuid4()
    )
    assert not Broadcast.objects.filter(user_ids__contains=[on_duty.sakura.user_id]).exists()


@pytest.mark.parametrize(("way", "n"), [("here", 1), ("school", 0)])
def test_a_message_comes_only_to_who_reads_it_here(on_duty, clock, way, n):
    sent = send(on_duty, wanted="nurse", answer_way=way)
    opened(sent, on_duty.nurse)
    replies.send_reply(sent, actor=on_duty.nurse.user, words="きてね", form_key=uuid.uuid4())
    told = Broadcast.objects.filter(user_ids__contains=[on_duty.sakura.user_id])
    assert told.count() == n


# -- on a family's device -----------------------------------------------------------------------------


def test_the_message_of_a_reply_opens_a_page_that_says_nothing_before_the_pin(
    on_duty, clock, sign_in, client
):
    sent = send(on_duty, wanted="nurse")
    opened(sent, on_duty.nurse)
    replies.send_reply(
        sent, actor=on_duty.nurse.user, words="ほけんしつに きてね", form_key=uuid.uuid4()
    )
    message = Broadcast.objects.get(user_ids__contains=[on_duty.sakura.user_id])
    assert message.path == REPLY
    shown = text(sign_in(on_duty.sakura.user, proved=False).get(message.path, follow=True))
    for word in ("ほけんしつ", "返事", "見ました", "保健室"):
        assert word not in shown
    assert "ほけんしつ" not in text(client.get(message.path, follow=True))
    assert "ほけんしつにきてね" in text(sign_in(on_duty.sakura.user).get(message.path, follow=True))


# -- a friend's report ----------------------------------------------------------------------------------


def test_a_friends_report_goes_as_the_reporter_chose_and_opens_nothing_of_the_friend(
    on_duty, clock, sign_in
):
    browser = sign_in(on_duty.sakura.user)
    data = form(topic="friend", friend_name=str(on_duty.ren), words="なぐられて いる")
    assert browser.post(ASK, data).status_code == 302
    sent = HelpRequest.objects.get()
    assert sent.student == on_duty.sakura
    assert {row.person for row in HelpReader.objects.all()} <= {
        on_duty.nurse.user,
        on_duty.principal.user,
    }
    desk = sign_in(on_duty.nurse.user)
    page = desk.post(open_url(sent), {"reason": "safety"}, follow=True).content.decode()
    assert str(on_duty.ren) in page and str(on_duty.ren.pk) not in page
    assert not AuditEvent.objects.about(on_duty.ren.pk).exists()
    assert str(on_duty.ren).encode() not in bytes(sent.sealed)


def test_a_friends_name_too_long_comes_back(on_duty, sign_in):
    page = sign_in(on_duty.sakura.user).post(ASK, form(friend_name="あ" * 61))
    assert page.status_code == 422
    assert not HelpRequest.objects.exists()


# -- no duty hours, no route ----------------------------------------------------------------------------


@pytest.fixture
def without_hours(on_duty, clock):
    DutyRoster.objects.update(is_on=False)
    return on_duty


def test_a_school_without_duty_hours_in_a_city_without_a_route_reaches_the_city(
    without_hours, clock, sign_in
):
    c = without_hours
    browser = sign_in(c.sakura.user)
    page = browser.get(ASK)
    assert (
        "見る人:学校の外の人" in text(page) and "0120-0-78310" in text(page) and "189" in text(page)
    )
    assert browser.post(ASK, form(answer_way="here")).status_code == 302
    sent = HelpRequest.objects.get()
    escalation.escalate_due()
    assert called(sent) == [("first", ["city"])]
    assert {row.person for row in sent.readers.current()} == {c.officer.user}
    assert "学校の外の人に知らせました" in text(browser.get(STATUS))
    for who in (c.nurse, c.homeroom, c.principal):
        assert sign_in(who.user).get(open_url(sent)).status_code == 404
    assert opened(sent, c.officer) == HelpState.SEEN


def test_it_stays_with_the_city_when_the_school_begins_its_hours(without_hours, clock):
    sent = send(without_hours)
    DutyRoster.objects.update(is_on=True)
    later(clock, minutes=10)
    later(clock, minutes=20)
    assert {row.person for row in sent.readers.current()} == {without_hours.officer.user}


def test_nobody_of_the_city_who_works_at_the_school_reads_it(without_hours, clock):
    c = without_hours
    StaffPost.objects.create(municipality=c.city, school=c.school, role=Role.NURSE, name="市の人", user=c.officer.user)  # fmt: skip
    StaffPost.objects.update(begins_on=None)
    with pytest.raises(transitions.HelplineNotOpen):
        send(c)


# -- the route's drill and warnings -----------------------------------------------------------------------


@pytest.fixture
def routed(town, clock):  # noqa: F811 - the fixture
    town.route = in_force(town)
    return town


def test_the_city_practises_its_route_and_no_school_sees_it(routed, clock, sign_in):
    c = routed
    desk = sign_in(c.officer.user)
    page = reverse("admin:helpline_route", args=[c.route.pk])
    start = reverse("admin:helpline_route_drill", args=[c.route.pk])
    assert start in desk.get(page).content.decode()
    data = {"form_key": uuid.uuid4(), "quick": "on"}
    assert [desk.post(start, data).status_code for _ in range(2)] == [302, 302]
    drill = Drill.objects.get()
    for minutes in (0, 1, 1, 1):
        later(clock, minutes=minutes)
    drill.refresh_from_db()
    assert drill.ended_at is not None
    assert {call.person for step in drill.steps.all() for call in step.calls.all()} == {
        c.protector.user, c.elsewhere.user, c.officer.user,
    }  # fmt: skip
    url = reverse("admin:helpline_drill", args=[drill.pk])
    assert desk.get(url).status_code == 200 and "加賀市" in desk.get(url).content.decode()
    for who in (c.principal, c.nurse, c.counsellor, c.homeroom):
        assert sign_in(who.user).get(url).status_code == 404
        assert sign_in(who.user).post(start, data).status_code == 404


def test_one_drill_at_a_time_and_none_of_a_version_that_is_not_in_force(routed, clock, sign_in):
    drills.start_route_drill(routed.route, by=routed.officer.user, form_key=uuid.uuid4())
    with pytest.raises(transitions.DutyCommitmentRefused, match="とちゅう"):
        drills.start_route_drill(routed.route, by=routed.officer.user, form_key=uuid.uuid4())
    Drill.objects.update(ended_at=timezone.now())
    StaffPost.objects.filter(pk=routed.officer.pk).update(ends_on=timezone.now() - timedelta(2))
    with pytest.raises(transitions.DutyCommitmentRefused, match="足りません"):
        drills.start_route_drill(routed.route, by=routed.officer.user, form_key=uuid.uuid4())


def test_the_city_is_warned_of_who_has_left_and_the_school_is_not(routed, clock, sign_in):
    c = routed
    assert "練習をしていません" in sign_in(c.officer.user).get("/admin/").content.decode()
    StaffPost.objects.filter(pk=c.protector.pk).update(ends_on=timezone.now() - timedelta(2))
    warned = sign_in(c.officer.user).get("/admin/").content.decode()
    assert "決めた人が、もういません" in warned
    assert "決めた人が、もういません" in sign_in(c.privacy.user).get("/admin/").content.decode()
    for who in (c.principal, c.nurse, c.counsellor, c.homeroom):
        assert "相談先" not in sign_in(who.user).get("/admin/").content.decode()
