"""What a child says about an adult at school goes to the city's route; the school does not notice."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.helpline.models import HelpReader, HelpRequest, HelpState, ProtectionRoute, ReaderBasis
from apps.helpline.services import escalation, help_requests, replies, routes, transitions
from apps.people.models import Role, StaffPost
from apps.push.models import Broadcast
from apps.vault.services.sealed_content import OpeningReason
from tests import factories
from tests.helpline.escalation_helpers import STATUS, called, send
from tests.helpline.test_readers import later, open_url, opened, pages_of
from tests.ruby_readings import kanji_without_reading

ASK = reverse("helpline:ask")
ADD = reverse("admin:helpline_protectionroute_add")


@pytest.fixture
def town(on_duty):
    """A city with an officer for child protection, a counsellor of another school, and the office."""
    c = on_duty
    c.other_school = factories.school(c.city, "C117220600099", "もうひとつの中学校(架空)")
    c.protector = factories.staff_post(Role.FAMILY_CENTRE, None, of=c.city, name="子どもを守る担当")
    c.elsewhere = factories.staff_post(Role.COUNSELLOR, c.other_school, name="ほかの学校の人")
    c.privacy = factories.staff_post(Role.PRIVACY, None, of=c.city, name="個人情報の担当")
    StaffPost.objects.update(begins_on=None)
    return c


def version(c, **more):
    return ProtectionRoute(
        municipality=c.city, first=c.protector.user, second=c.elsewhere.user,
        last=c.officer.user, why="first", **more,
    )  # fmt: skip


def in_force(c, **more):
    route = routes.propose_route(version(c, **more), by=c.officer.user)
    return routes.confirm_route(route, by=c.privacy.user)


@pytest.fixture
def safe(town, clock):
    town.route = in_force(town)
    return town


def text(answer):
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|<[^>]+>|\s", "", answer.content.decode())


def roles_reading(help_request):
    return {reader.role for reader in help_request.readers.current()}


# -- the topic ------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["nurse", "homeroom", "anyone"])
def test_the_topic_goes_to_the_route_whomever_the_student_chose(safe, clock, wanted):
    help_request = send(safe, wanted=wanted, topic="adult", words="せんせいに たたかれた")
    escalation.escalate_due()
    assert called(help_request) == [("first", ["family_centre"])]
    later(clock, minutes=10)
    later(clock, minutes=20)
    assert called(help_request)[1:] == [("second", ["counsellor"]), ("last", ["city"])]
    assert roles_reading(help_request) == {"family_centre", "counsellor", "city"}
    assert opened(help_request, safe.protector) == HelpState.SEEN


@pytest.mark.parametrize("who", ["homeroom", "nurse", "counsellor", "principal", "helpdesk"])
@pytest.mark.parametrize("more", [{"topic": "adult"}, {"keeps_out": True}])
def test_the_schools_staff_see_the_pages_of_a_school_where_nothing_happened(
    safe, clock, sign_in, who, more
):
    desk = sign_in(getattr(safe, who).user)
    before = pages_of(desk)
    help_request = send(safe, **more)
    escalation.escalate_due()
    later(clock, seconds=0)
    assert pages_of(desk) == before
    assert desk.get(open_url(help_request)).status_code == 404
    assert not Broadcast.objects.filter(user_ids__contains=[getattr(safe, who).user_id]).exists()
    with pytest.raises(PermissionDenied):
        replies.open_request(
            help_request, actor=getattr(safe, who).user, reason=OpeningReason.SAFETY
        )


def test_somebody_of_the_route_opens_answers_and_the_student_reads_that_it_is_outside(
    safe, clock, sign_in
):
    help_request = send(safe, topic="adult", words="いやだった")
    desk = sign_in(safe.elsewhere.user)
    page = desk.post(open_url(help_request), {"reason": "safety"}, follow=True)
    assert "いやだった" in page.content.decode()
    replies.send_reply(
        help_request, actor=safe.elsewhere.user, words="きくよ", form_key=uuid.uuid4()
    )
    page = sign_in(safe.sakura.user).get(STATUS)
    assert "学校の外の人から返事が来ました" in text(page)
    assert "カウンセラー" not in text(page)
    assert kanji_without_reading(page.content.decode()) == []


def test_nobody_of_the_route_who_works_at_the_school_reads(safe, clock):
    StaffPost.objects.create(
        municipality=safe.city, school=safe.school, role=Role.COUNSELLOR, name="ほかの学校の人",
        user=safe.elsewhere.user,
    )  # fmt: skip
    StaffPost.objects.update(begins_on=None)
    help_request = send(safe, topic="adult")
    assert roles_reading(help_request) == {"family_centre", "city"}


# -- 見せたくない 先生 ----------------------------------------------------------------------------


def test_whom_the_student_chose_still_gets_it_and_then_the_route(safe, clock):
    help_request = send(safe, wanted="nurse", kept_words="校長先生")
    escalation.escalate_due()
    later(clock, minutes=10)
    later(clock, minutes=20)
    assert called(help_request) == [
        ("first", ["nurse"]), ("second", ["family_centre", "counsellor"]), ("last", ["city"]),
    ]  # fmt: skip
    kept = help_request.readers.filter(basis=ReaderBasis.KEPT_FROM)
    assert {row.person for row in kept} == {safe.principal.user, safe.homeroom.user}
    assert opened(help_request, safe.protector) == HelpState.SENT
    assert opened(help_request, safe.nurse) == HelpState.SEEN


@pytest.mark.parametrize(
    ("wanted", "kept_words"),
    [("nurse", "しらない ひと"), ("nurse", ""), ("nurse", "保健室の先生"), ("nurse", "ほけんの せんせい"),
     ("homeroom", "校長先生"), ("anyone", "校長先生"), ("counsellor", "カウンセラー")],
)  # fmt: skip
def test_a_name_of_nobody_or_of_the_chosen_person_leaves_the_route_alone(
    safe, clock, wanted, kept_words
):
    help_request = send(safe, wanted=wanted, kept_words=kept_words, keeps_out=True)
    assert roles_reading(help_request) == {"family_centre", "counsellor", "city"}
    assert help_request.chosen is None


def test_whom_the_student_names_lies_sealed(safe, clock):
    help_request = send(safe, wanted="nurse", kept_words="やまなか せんせい")
    help_request.refresh_from_db()
    assert "やまなか".encode() not in bytes(help_request.sealed)
    content, _ = replies.open_request(
        help_request, actor=safe.officer.user, reason=OpeningReason.SAFETY
    )
    assert content["kept_words"] == "やまなか せんせい"


def test_a_named_person_of_the_route_reads_nothing_either(safe, clock):
    help_request = send(safe, wanted="nurse", kept_words="ほかの学校の人")
    assert roles_reading(help_request) == {"nurse", "family_centre", "city"}


def test_whom_the_student_names_never_becomes_a_reader_by_a_new_route(safe, clock):
    help_request = send(safe, wanted="nurse", kept_words="ほかの学校の人")
    for minutes in (0, 10, 20, 30):
        later(clock, minutes=minutes)
    assert "counsellor" not in {role for _, roles in called(help_request) for role in roles}
    assert not HelpRequest.objects.visible_to(safe.elsewhere.user).exists()


# -- without a route ------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{"topic": "adult"}, {"keeps_out": True}, {"kept_words": "担任"}])
def test_without_a_route_neither_is_offered_nor_taken(town, clock, sign_in, more):
    student = sign_in(town.sakura.user)
    page = student.get(ASK).content.decode()
    assert 'value="adult"' not in page and "kept_words" not in page
    with pytest.raises(transitions.OutsideLinesOnly):
        send(town, **more)
    assert not HelpRequest.objects.exists()


def test_until_the_sentences_are_approved_neither_is_offered(safe, clock, sign_in, monkeypatch):
    monkeypatch.setattr("apps.helpline.words.WORDS_VERSION", "2099-01")
    page = sign_in(safe.sakura.user).get(ASK).content.decode()
    assert 'value="adult"' not in page and "kept_words" not in page
    with pytest.raises(transitions.OutsideLinesOnly):
        send(safe, topic="adult")


def test_a_school_without_duty_hours_reaches_the_city_and_shows_the_lines(safe, clock, sign_in):
    safe.duty.is_on = False
    safe.duty.save()
    student = sign_in(safe.sakura.user)
    page = student.get(ASK)
    assert "0120-0-78310" in page.content.decode()
    assert "見る人:学校の外の人" in text(page)
    data = {"wanted": "nurse", "form_key": uuid.uuid4()}
    assert student.post(ASK, data).status_code == 302
    help_request = HelpRequest.objects.get()
    assert roles_reading(help_request) == {"family_centre", "counsellor", "city"}
    assert student.get(STATUS).status_code == 200


def test_somebody_outside_the_school_is_the_route(safe, clock):
    help_request = send(safe, wanted="outside")
    escalation.escalate_due()
    assert called(help_request) == [("first", ["family_centre"])]


# -- what the student reads -----------------------------------------------------------------------


def test_before_sending_each_choice_says_who_will_see_it(safe, clock, sign_in):
    page = sign_in(safe.sakura.user).get(ASK)
    assert kanji_without_reading(page.content.decode()) == []
    shown = text(page)
    assert "保健室の先生見る人:保健室の先生、校長先生か教頭先生" in shown
    assert "学校の外の人見る人:学校の外の人" in shown
    assert "先生や大人にいやなことをされた" in shown


def test_the_form_sends_what_the_page_offers(safe, clock, sign_in):
    student = sign_in(safe.sakura.user)
    data = {
        "wanted": "nurse", "topic": "adult", "keeps_out": "1", "kept_words": "たんにん",
        "words": "いや", "form_key": uuid.uuid4(),
    }  # fmt: skip
    assert student.post(ASK, data).status_code == 302
    assert HelpRequest.objects.get().is_protected
    assert student.post(ASK, {**data, "kept_words": "あ" * 61}).status_code == 422


# -- setting the route ----------------------------------------------------------------------------


def form(c, **more):
    return {
        "municipality": c.city.pk, "first": c.protector.user_id, "second": c.elsewhere.user_id,
        "last": c.officer.user_id, "second_after": 10, "last_after": 30, "all_after": 60,
        "opens_at": "08:30", "closes_at": "17:15", "is_on": "on", "why": "first", **more,
    }  # fmt: skip


def test_one_person_sets_a_route_and_another_brings_it_into_force(town, clock, sign_in):
    desk = sign_in(town.officer.user)
    assert desk.post(ADD, form(town)).status_code == 302
    route = ProtectionRoute.objects.get()
    assert routes.route_in_force(town.city) is None
    decide = reverse("admin:helpline_route_decide", args=[route.pk])
    desk.post(decide, {"do": "confirm"})
    assert routes.route_in_force(town.city) is None
    second = sign_in(town.privacy.user)
    assert (
        "確かめて、使いはじめる"
        in second.get(reverse("admin:helpline_route", args=[route.pk])).content.decode()
    )
    assert second.post(decide, {"do": "confirm"}).status_code == 302
    assert routes.route_in_force(town.city) == route


def test_a_version_that_stops_the_route_needs_two_people_too(safe, clock):
    stop = routes.propose_route(version(safe, is_on=False), by=safe.officer.user)
    assert routes.route_in_force(safe.city) == safe.route
    help_request = send(safe, topic="adult")
    clock.shift(1)
    routes.confirm_route(stop, by=safe.privacy.user)
    assert routes.route_in_force(safe.city) is None
    escalation.escalate_due()
    assert called(help_request) == [("first", ["family_centre"])]


def test_a_version_can_be_dropped_before_it_counts(town, clock):
    route = routes.propose_route(version(town), by=town.officer.user)
    routes.drop_route(route, by=town.officer.user)
    with pytest.raises(routes.RouteRefused):
        routes.confirm_route(route, by=town.privacy.user)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("same", "別の人"),
        ("school", "学校の外ではたらく人"),
        ("waits", "順に長く"),
        ("hours", "後に"),
    ],
)
def test_a_route_that_makes_no_sense_is_refused_with_a_sentence(
    town, clock, sign_in, more, sentence
):
    wrong = {
        "same": {"second": town.protector.user_id},
        "school": {"second": town.officer.user_id, "last": town.elsewhere.user_id},
        "waits": {"last_after": 5}, "hours": {"closes_at": "08:00"},
    }[more]  # fmt: skip
    answer = sign_in(town.officer.user).post(ADD, form(town, **wrong))
    assert sentence in answer.content.decode()
    assert not ProtectionRoute.objects.exists()


@pytest.mark.parametrize("who", ["principal", "nurse", "homeroom", "helpdesk", "elsewhere"])
def test_nobody_of_a_school_sees_who_the_route_is(safe, clock, sign_in, who):
    desk = sign_in(getattr(safe, who).user)
    page = reverse("admin:helpline_route", args=[safe.route.pk])
    assert desk.get(page).status_code in (403, 404)
    assert desk.get(reverse("admin:helpline_protectionroute_changelist")).status_code == 403
    assert desk.get(ADD).status_code == 403


def test_the_database_refuses_one_person_alone(town, clock):
    with pytest.raises(IntegrityError), transaction.atomic():
        version(town, proposed_by=town.officer.user, confirmed_by=town.officer.user,
                confirmed_at="2026-11-24T10:00+09:00").save()  # fmt: skip


def test_when_everybody_of_the_route_has_left_it_waits_and_nobody_at_school_is_called(safe, clock):
    help_request = send(safe, topic="adult")
    people = [safe.protector.pk, safe.elsewhere.pk, safe.officer.pk]
    StaffPost.objects.filter(pk__in=people).update(ends_on="2026-11-01")
    escalation.escalate_due()
    assert called(help_request) == []
    assert help_requests.latest_request(safe.sakura).state == HelpState.SENT
    StaffPost.objects.filter(pk=safe.officer.pk).update(ends_on=None)
    clock.shift(timedelta(minutes=6))
    escalation.escalate_due()
    assert called(help_request) == [("first", ["city"])]
    assert HelpReader.objects.filter(basis=ReaderBasis.ROUTE).exists()
