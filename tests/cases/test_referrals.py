"""A plan with steps and reminders, and a referral that is printed and answered by a link."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.cases.forms import EndStepForm
from apps.cases.models import PlanStep, ReferralAnswer, ReferralLink, SupportCase
from apps.cases.services import casework, digests, follow_ups, plans, referrals
from apps.cases.services.case_writing import CannotChangeCase
from apps.cases.services.timeline import plan_panel, timeline_of
from apps.core.clock import today
from apps.notices.models import SupportOrganisation
from tests.records import actors_of

TODAY = reverse("admin:index")


def key():
    return uuid.uuid4()


@pytest.fixture
def planned(watched, case):
    """sakura's case with a plan; the nurse holds it."""
    nurse = watched.nurse.user
    casework.open_case(case, actor=nurse, reason="sign")
    casework.add_decision(case, actor=nurse, judgement="support", words="話した。", form_key=key())
    plans.add_plan(
        case, actor=nurse, words="朝 おきたい", agreed_with="child", form_key=key(),
        review_on=today() + dt.timedelta(days=30),
    )  # fmt: skip
    case.refresh_from_db()
    return case


def step(case, by, **more):
    facts = {
        "words": "電話する。", "assignee": None, "who": "", "form_key": key(),
        "until_on": today() + dt.timedelta(days=5),
    }  # fmt: skip
    return plans.add_step(case, actor=by, **facts | more)


def test_a_plan_says_with_whom_or_why_not(watched, planned):
    late = {"words": "x", "form_key": key(), "review_on": today()}
    with pytest.raises(CannotChangeCase, match="わけ"):
        plans.add_plan(planned, actor=watched.nurse.user, agreed_with="not_yet", **late)
    plans.add_plan(
        planned, actor=watched.nurse.user, agreed_with="not_yet", why_not="入院中。", **late
    )
    page = casework.open_case(planned, actor=watched.nurse.user, reason="sign")
    assert ("だれと決めたか", "まだ話していない(入院中。)") in timeline_of(page)[0].lines


def test_a_step_has_one_who_does_it_and_a_day_to_come(watched, planned):
    nurse = watched.nurse.user
    yesterday = today() - dt.timedelta(days=1)
    for bad, sentence in (
        ({"who": "本人", "until_on": yesterday}, "前の日"),
        ({}, "どちらか一つ"),
        ({"who": "本人", "assignee": watched.homeroom}, "どちらか一つ"),
        ({"assignee": watched.away_nurse}, "担当ではありません"),
        ({"who": "本人", "words": "あ" * 2001}, "2000字"),
    ):
        with pytest.raises(CannotChangeCase, match=sentence):
            step(planned, nurse, **bad)
    assert not PlanStep.objects.exists()
    same = key()
    twice = [step(planned, nurse, who="本人", form_key=same) for _ in range(2)]
    assert twice[0] == twice[1]
    assert actors_of(Action.STEP_ADDED) == [nurse]


def test_steps_are_chosen_by_their_words_and_days_of_japan(watched, planned, sign_in, time_machine):
    """Two steps of one day are told apart; what was decided at eight in the morning is of that day."""
    time_machine.move_to(dt.datetime(2026, 11, 24, 23, tzinfo=dt.UTC))
    nurse = sign_in(watched.nurse.user)
    until = dt.date(2026, 12, 4)
    rows = [step(planned, watched.nurse.user, who="本人", words=w, until_on=until) for w in "甲乙"]
    nurse.post(reverse("admin:cases_open", args=[planned.pk]), {"reason": "meeting"})
    page = nurse.get(reverse("admin:cases_supportcase_change", args=[planned.pk])).content.decode()
    for row, words in zip(rows, "甲乙", strict=True):
        assert f'<option value="{row.pk}">{words}(12月4日まで)</option>' in page
    field = EndStepForm(case=planned).fields["step"]
    assert field.label_from_instance(rows[0]) == "12月4日までの手だて(11/25に決めた)"


def test_who_does_a_step_is_reminded_then_the_lead(watched, planned, sign_in, time_machine):
    nurse, homeroom = watched.nurse.user, watched.homeroom.user
    one = step(planned, nurse, assignee=watched.homeroom)
    assert follow_ups.follow_ups_for(homeroom) == []
    time_machine.shift(dt.timedelta(days=3))
    for user in (homeroom, nurse):
        assert [(f.what, f.is_overdue) for f in follow_ups.follow_ups_for(user)] == [
            ("支援計画の手だて", False)
        ]
    assert follow_ups.follow_ups_for(watched.principal.user) == []
    assert follow_ups.follow_ups_for(watched.away_nurse.user) == []
    time_machine.shift(dt.timedelta(days=4))
    (late,) = follow_ups.follow_ups_for(watched.principal.user)
    assert (late.class_title, late.is_overdue) == ("1年1組", True)
    page = sign_in(watched.principal.user).get(TODAY).content.decode()
    assert "1年1組 の生徒: 支援計画の手だて" in page
    assert "さくら" not in page
    plans.end_step(planned, actor=homeroom, step=one, is_done=True, form_key=key())
    assert actors_of(Action.STEP_ENDED) == [homeroom]
    assert follow_ups.follow_ups_for(watched.principal.user) == []
    opened = casework.open_case(planned, actor=nurse, reason="sign")
    (line,) = plan_panel(opened).steps
    assert (line.result, line.is_overdue) == ("できた(11/27)", False)


def test_a_mail_a_day_says_only_that_something_waits(
    watched, planned, sign_in, time_machine, mailoutbox, monkeypatch
):
    step(planned, watched.nurse.user, assignee=watched.homeroom, until_on=today())
    watched.homeroom.user.emailaddress_set.create(
        email=watched.homeroom.user.email, verified=True, primary=True
    )
    client, page = sign_in(watched.homeroom.user), reverse("admin:cases_digest")
    mailoutbox.clear()
    assert client.post(page, {"hour": "25"}).status_code == 422
    for _ in range(2):
        assert client.post(page, {"hour": "11"}).url == TODAY
    assert actors_of(Action.RECORD_CHANGED).count(watched.homeroom.user) == 1
    assert digests.send_digests() == 0  # it is ten
    time_machine.shift(dt.timedelta(hours=1))
    with monkeypatch.context() as broken:  # the worker dies while it writes the mail
        broken.setattr(digests, "mail_user", lambda *told: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            digests.send_digests()
    assert [digests.send_digests(), digests.send_digests()] == [1, 0]
    (mail,) = [mail for mail in mailoutbox if "見るものがあります" in mail.subject]
    assert not [word for word in ("さくら", "1年1組", "電話", "手だて") if word in mail.body]
    client = sign_in(watched.homeroom.user)
    assert client.post(page, {"hour": ""}).url == TODAY
    time_machine.shift(dt.timedelta(days=1))
    assert digests.send_digests() == 0
    assert sign_in(watched.officer.user).get(page).status_code == 404


def test_a_case_whose_holder_left_stands_on_the_leads_page(watched, planned):
    lead = watched.principal.user
    assert follow_ups.follow_ups_for(lead) == []
    watched.nurse.ended_at = dt.datetime.now(dt.UTC)
    watched.nurse.save()
    assert [f.what for f in follow_ups.follow_ups_for(lead)] == ["担当だった人がいません"]


@pytest.fixture
def referral(watched, planned):
    place = SupportOrganisation.objects.create(name="窓口(架空)", municipality=watched.city)
    return referrals.add_referral(
        planned, actor=watched.nurse.user, organisation=place, words="朝のこと",
        agreed_by="both", parts=["name", "goals"], form_key=key(),
    )  # fmt: skip


def test_nobody_asked_needs_a_reason(watched, planned, referral):
    with pytest.raises(CannotChangeCase, match="わけ"):
        referrals.add_referral(
            planned, actor=watched.nurse.user, organisation=referral.organisation, words="x",
            agreed_by="nobody", parts=[], form_key=key(),
        )  # fmt: skip


def test_the_sheet_shows_what_was_chosen_and_its_link_names_nobody(
    watched, planned, referral, sign_in, client
):
    sheet = reverse("admin:cases_referral", args=[referral.pk])
    make_link = reverse("admin:cases_referral_link", args=[referral.pk])
    nurse = sign_in(watched.nurse.user)
    assert nurse.get(sheet).url == reverse("admin:cases_supportcase_change", args=[planned.pk])
    nurse.post(reverse("admin:cases_open", args=[planned.pk]), {"reason": "meeting"})
    assert nurse.post(make_link, {"make": ""}).url == sheet
    answer = nurse.get(sheet)
    page, address = answer.content.decode(), answer.context["address"]
    assert all(words in page for words in ("加賀 さくら", "朝 おきたい", "朝のこと", "窓口(架空)"))
    assert "1年1組" not in page  # not chosen
    assert AuditEvent.objects.filter(action=Action.REFERRAL_PRINTED).count() == 1
    for secret in (planned.pk, referral.pk, watched.sakura.pk):
        assert str(secret) not in address and secret.hex not in address
    for other in (watched.away_nurse, watched.officer):
        for url in (sheet, make_link):
            assert sign_in(other.user).post(url).status_code in (404, 405)
    path = address.removeprefix("http://testserver").split("//")[-1]
    path = "/" + path.split("/", 1)[1] if not path.startswith("/") else path
    seen = client.get(path).content.decode()
    assert "窓口(架空)" in seen and "学校からお渡しした紙" in seen and "｜" not in seen
    client.cookies["page-language"] = "ja-easy"
    assert "｜" not in client.get(path).content.decode()
    assert not [word for word in ("さくら", "1年1組", "朝") if word in seen]
    assert client.post(path, {"kind": "gossip"}).status_code == 422
    assert client.post(path, {"kind": "started"}).status_code == 422  # not accepted yet
    for kind in ("accepted", "accepted", "started"):
        assert client.post(path, {"kind": kind}).status_code == 302
    assert [a.kind for a in ReferralAnswer.objects.all()] == ["accepted", "started"]
    assert actors_of(Action.REFERRAL_ANSWERED) == [None, None]
    page = nurse.get(reverse("admin:cases_supportcase_change", args=[planned.pk])).content.decode()
    assert "支援をはじめました(リンクから)" in page
    nurse.post(make_link, {"stop": ""})
    assert ReferralLink.objects.filter(revoked_by=watched.nurse.user).count() == 1
    assert actors_of(Action.REFERRAL_LINKED) == [watched.nurse.user] * 2
    for dead in (path, reverse("cases:answer", args=["x" * 60])):
        over = client.get(dead)
        assert over.status_code == 404 and "窓口(架空)" not in over.content.decode()
    assert client.post(path, {"kind": "ended"}).status_code == 404


def test_a_link_ends_by_itself_and_staff_enter_what_they_are_told(
    watched, planned, referral, time_machine
):
    nurse = watched.nurse.user
    link = referrals.renew_link(referral, actor=nurse)
    token = referrals.token_of(link)
    assert referrals.link_of(token) == link
    SupportCase.objects.update(state="closed", closed_at=timezone.now())
    assert referrals.link_of(token) is None  # a case that is over takes no answers
    SupportCase.objects.update(state="supporting", closed_at=None)
    time_machine.shift(referrals.LINK_LASTS)
    assert referrals.link_of(token) is None
    told = {"actor": nurse, "referral": referral, "kind": "full"}
    assert referrals.enter_answer(planned, **told) == referrals.enter_answer(planned, **told)
    with pytest.raises(CannotChangeCase, match="いまは選べません"):
        referrals.enter_answer(planned, **told | {"kind": "accepted"})
    assert actors_of(Action.REFERRAL_ANSWERED) == [nurse]
