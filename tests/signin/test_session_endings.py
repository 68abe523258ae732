"""Staff end the sign-ins of one person at once: within their reach, recorded and announced."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent, SecurityEvent, SecurityKind
from apps.people.models import PendingAct, Role
from apps.push.models import PushSubscription
from apps.signin.models import EndingReason, SessionEnding
from apps.signin.services import cards, session_endings
from tests import factories
from tests.push.browser_keys import device
from tests.push.test_bindings_without_session import RENEW, fresh, post, sign_out_body

pytestmark = pytest.mark.django_db
SEARCH = reverse("admin:signin_usersession_changelist")
PAGE = reverse("push:settings")


def url_of(person):
    return reverse("admin:signin_sessions_person", args=[person.user_id])


def end(browser, person, reason="device_lost"):
    return browser.post(url_of(person), {"reason": reason})


def is_in(browser):
    return browser.get(PAGE).status_code == 200


@pytest.mark.parametrize(
    ("staff", "person", "may"),
    [
        ("officer", "sakura", True), ("officer", "midori", True), ("officer", "nurse", True),
        ("helpdesk", "sakura", True), ("helpdesk", "midori", True), ("helpdesk", "nurse", True),
        ("homeroom", "sakura", True), ("homeroom", "ren", False), ("homeroom", "midori", False),
        ("homeroom", "nurse", False), ("officer", "away_nurse", False),
        ("nurse", "sakura", None), ("principal", "sakura", None),
    ],
)  # fmt: skip
def test_whose_sign_ins_somebody_ends(cast, sign_in, staff, person, may):
    target = getattr(cast, person)
    theirs = sign_in(target.user)
    answer = end(sign_in(getattr(cast, staff).user), target)
    assert answer.status_code == {True: 302, False: 404, None: 403}[may]
    assert is_in(theirs) is not bool(may)


def test_every_device_is_out_at_once_and_it_is_on_record(cast, sign_in):
    devices = [sign_in(cast.midori.user) for _ in range(2)]
    end(sign_in(cast.helpdesk.user), cast.midori, "somebody_else")
    assert not any(map(is_in, devices))
    event = AuditEvent.objects.get(action=Action.SESSIONS_ENDED)
    assert (event.actor_id, event.actor_role) == (cast.helpdesk.user.pk, Role.HELPDESK)
    assert event.subject_id == cast.midori.pk
    noted = SecurityEvent.objects.get(kind=SecurityKind.SESSIONS_ENDED)
    assert (noted.target_id, noted.detail) == (cast.midori.user.pk, "somebody_else")


def test_a_guardian_is_told_by_mail_and_at_the_next_sign_in(cast, sign_in, client):
    end(sign_in(cast.helpdesk.user), cast.midori)
    mails = [message for message in mail.outbox if message.to == [cast.midori.user.email]]
    assert len(mails) == 1 and "サインインを" in mails[0].body
    user = cast.midori.user
    user.refresh_from_db()
    user.set_password(factories.PASSWORD)
    user.save()
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    form = {"login": user.email, "password": factories.PASSWORD}
    page = client.post("/accounts/login/", form, follow=True).content.decode()
    assert "端末をなくした" in page
    assert SessionEnding.objects.get().announced_at is not None
    client.post("/leave/")
    assert (
        "端末をなくした" not in client.post("/accounts/login/", form, follow=True).content.decode()
    )


def test_every_confirmed_address_is_told_and_no_other(cast, sign_in):
    user = cast.midori.user
    user.emailaddress_set.create(email="zwei@example.com", verified=True)
    user.emailaddress_set.create(email="unproved@example.com", verified=False)
    end(sign_in(cast.helpdesk.user), cast.midori)
    assert [one.to for one in mail.outbox] == [[user.email], ["zwei@example.com"]]
    assert {one.kind for one in mail.outbox} == {"sessions_ended"}


def test_a_student_is_told_with_ruby_and_by_no_mail(cast, sign_in):
    end(sign_in(cast.homeroom.user), cast.sakura)
    assert mail.outbox == []
    ending = SessionEnding.objects.get(user=cast.sakura.user)
    assert (ending.by_role, ending.reason) == (Role.HOMEROOM, EndingReason.DEVICE_LOST)


def test_without_a_reason_nothing_ends(cast, sign_in):
    theirs = sign_in(cast.sakura.user)
    assert sign_in(cast.homeroom.user).post(url_of(cast.sakura), {}).status_code == 422
    assert end(sign_in(cast.homeroom.user), cast.sakura, "for_many").status_code == 422
    assert is_in(theirs)


@pytest.mark.parametrize(
    ("staff", "words", "found"),
    [
        ("officer", "さくら", {"sakura"}), ("officer", "みどり", {"midori"}),
        ("officer", "保健室", {"nurse"}), ("officer", "1001", {"sakura"}),
        ("homeroom", "さくら", {"sakura"}), ("homeroom", "れん", set()),
        ("helpdesk", "となり", set()), ("officer", "加賀 さくら", {"sakura"}),
    ],
)  # fmt: skip
def test_somebody_is_found_by_name_where_the_post_reaches(cast, sign_in, staff, words, found):
    answer = sign_in(getattr(cast, staff).user).post(SEARCH, {"search_words": words}, follow=True)
    accounts = {one["account"] for one in answer.context["found"]}
    assert accounts == {getattr(cast, name).user_id for name in found}


def test_whom_the_search_names_is_on_record(cast, sign_in):
    sign_in(cast.officer.user).post(SEARCH, {"search_words": "さくら"}, follow=True)
    assert AuditEvent.objects.filter(action="names.shown", subject_id=cast.sakura.pk).exists()


def test_a_whole_place_is_offered_to_city_and_helpdesk_alone(cast, sign_in):
    words = "全員のサインインを終わらせる"
    assert words in sign_in(cast.officer.user).get(SEARCH).content.decode()
    assert words not in sign_in(cast.homeroom.user).get(SEARCH).content.decode()
    place = reverse("admin:signin_sessions_place", args=[cast.school.pk])
    assert sign_in(cast.homeroom.user).post(place).status_code == 404
    away = reverse("admin:signin_sessions_place", args=[cast.away_school.pk])
    assert sign_in(cast.officer.user).post(away).status_code == 404


def test_all_of_a_school_are_out_and_nobody_elsewhere(cast, sign_in):
    inside = [sign_in(getattr(cast, name).user) for name in ("sakura", "midori", "nurse")]
    outside = sign_in(cast.away_nurse.user)
    preview = session_endings.effects_of_ending(cast.school).preview
    assert preview == {"sessions": 3, "people": 3}
    session_endings._end_all(session_endings.accounts_at(cast.school))
    assert not any(map(is_in, inside)) and is_in(outside)


# -- what ends, for one person and for many --------------------------------------------------------


def plain(page):
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|</?(ruby|span)[^>]*>", "", page.content.decode())


def test_the_page_says_beforehand_what_ends_and_counts_no_devices(cast, sign_in):
    sign_in(cast.sakura.user)
    page = sign_in(cast.homeroom.user).get(url_of(cast.sakura)).content.decode()
    assert "端末への通知の登録も、すべて終わります" in page
    assert "どの立場の人が終わらせたか" in page
    assert not re.search(r"\d+件", page)


def by_two(cast):
    """What a second person agrees to, for the whole school."""
    act = session_endings.propose_ending(cast.school, by=cast.officer.user, reason="点検のため")
    PendingAct.objects.filter(pk=act.pk).update(due_at=timezone.now(), needs_second=False)
    session_endings.apply_agreed_endings()


@pytest.mark.parametrize("way", ["one", "many"])
def test_the_devices_end_too_and_learn_it_and_the_student_is_told(cast, sign_in, way):
    bound = device(cast.sakura.user)
    known = sign_out_body(bound)
    if way == "one":
        end(sign_in(cast.homeroom.user), cast.sakura)
    else:
        by_two(cast)
    assert not PushSubscription.objects.live().exists()
    assert post(RENEW, {"old": known, "new": fresh()}).status_code == 410
    ending = SessionEnding.objects.get(user=cast.sakura.user)
    page = plain(sign_in_for_real(cast))
    assert ("担任の 先生が" if way == "one" else "市の 人が") in page
    assert "サインインを ぜんぶ おわらせました" in page
    assert f"{timezone.localtime(ending.ended_at):%-m月%-d日}" in page


def sign_in_for_real(cast):
    """The first page after signing in with a card."""
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    browser = Client()
    browser.post(reverse("signin:card_entry"), {"code": code})
    browser.post(reverse("signin:pin"), {"pin": "7305", "again": "7305"})
    return browser.get(reverse("portal:home"))


def test_a_device_whose_binding_ended_binds_anew_at_the_next_sign_in(cast, sign_in):
    def who():
        page = sign_in(cast.sakura.user).get(reverse("push:settings")).content.decode()
        return re.search(r'data-user="([^"]+)"', page)[1]

    before = who()
    assert who() == before
    end(sign_in(cast.homeroom.user), cast.sakura)
    # the script would take the binding as fresh for a week while this stayed the same
    assert who() != before


def test_one_person_alone_ends_ten_times_a_day(cast, sign_in):
    desk = sign_in(cast.homeroom.user)
    for _ in range(session_endings.MAX_PER_DAY):
        assert end(desk, cast.sakura).status_code == 302
    theirs = sign_in(cast.sakura.user)
    answer = end(desk, cast.sakura)
    assert answer.status_code == 422 and "1日10回まで" in answer.content.decode()
    assert is_in(theirs)
    twin = factories.second_account(cast.homeroom, Role.HELPDESK)
    assert end(sign_in(twin.user), cast.sakura).status_code == 422  # the same person
    assert end(sign_in(cast.officer.user), cast.sakura).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert end(sign_in(cast.homeroom.user), cast.sakura).status_code == 302
