"""見る順: in the order in which to look, filtered and searched without names, given to colleagues."""

import datetime as dt
import re
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from apps.audit.models import Action
from apps.cases.models import CaseState, Rank, SupportCase
from apps.cases.services import (
    assignments,
    case_load,
    case_queue,
    casework,
    follow_ups,
    signs,
)
from apps.cases.services.assignments import CannotAssign, assign_cases, version_of
from apps.consent.models import Purpose
from apps.core import clock
from apps.people.models import Role
from kaga_portal.today import today_page
from tests import factories
from tests.browser import form_on
from tests.records import actors_of

QUEUE = reverse("admin:cases_supportcase_changelist")
ASSIGN = reverse("admin:cases_assign")


def new_case(student, *, state="new", urgent=False, days=0, review_on=None, judged=None):
    at = clock.now() - dt.timedelta(days=days)
    return SupportCase.objects.create(
        municipality=student.municipality, school=student.school, student=student, state=state,
        is_urgent=urgent, opened_at=at, news_at=at - dt.timedelta(hours=1), review_on=review_on, judged_at=judged,
        closed_at=at if state == "closed" else None,
    )  # fmt: skip


@pytest.fixture
def ren_case(watched, case):
    """A second case, of ren in the other class: five absences."""
    factories.make_effective(watched.ren, Purpose.ATTENDANCE)
    watched.absent(watched.ren, 2, 5, 9, 12, 16)
    signs.update_signs()
    return SupportCase.objects.get(student=watched.ren)


def test_the_order_is_unseen_then_news_then_the_next_look(cast):
    now, day = clock.now(), dt.timedelta(days=1)
    told = [
        ("worked on, no day", {"state": "watching", "judged": now}),
        ("due tomorrow", {"state": "supporting", "judged": now, "review_on": clock.today() + day}),
        ("due", {"state": "supporting", "judged": now, "review_on": clock.today()}),
        ("seen", {"state": "looking"}),
        ("urgent news", {"state": "watching", "urgent": True, "judged": now - 9 * day}),
        ("new", {"days": 2}),
        ("older", {"days": 3}),
        ("urgent", {"urgent": True}),
        ("closed", {"state": "closed"}),
    ]
    names = {}
    for n, (name, fields) in enumerate(told):
        student = factories.student(cast.class_1, number=20 + n, local_code=f"77{n}")
        names[new_case(student, **fields).pk] = name
    found = SupportCase.objects.order_by(*case_queue.ORDER)
    assert [names[case.pk] for case in found] == [
        "urgent", "older", "new", "urgent news", "seen", "due", "due tomorrow",
        "worked on, no day", "closed",
    ]  # fmt: skip
    assert SupportCase.objects.unseen().count() == 3
    assert [names[case.pk] for case in SupportCase.objects.overdue()] == ["due"]
    shown = case_queue.waiting_for(cast.nurse.user).order_by(*case_queue.ORDER)
    assert "new" not in [names[case.pk] for case in shown]  # nothing readable stands in it


def test_a_judgement_moves_a_case_down_and_news_bring_it_back(watched, case, time_machine):
    nurse = watched.nurse.user
    assert case.rank == Rank.UNSEEN
    casework.open_case(case, actor=nurse, reason="sign")
    words = {"judgement": "watch", "words": "見る。", "form_key": uuid.uuid4()}
    casework.add_decision(case, actor=nurse, **words)
    case.refresh_from_db()
    assert case.rank == Rank.WORKED_ON
    time_machine.shift(dt.timedelta(hours=1))
    watched.absent(watched.sakura, 1)
    signs.update_signs()
    case.refresh_from_db()
    assert case.rank == Rank.NEWS


def test_who_sees_other_classes_too_sees_the_own_class_first(watched, case, ren_case):
    SupportCase.objects.filter(pk=ren_case.pk).update(opened_at=clock.now() - dt.timedelta(9))
    teacher = watched.nurse.user
    assert [row.class_title for row in case_queue.queue_for(teacher)] == ["2年1組", "1年1組"]
    post = factories.new_post(Role.HOMEROOM, watched.school, in_class=watched.class_1, name="兼任")
    post.user = teacher
    post.save()
    del teacher.current_posts
    assert [row.class_title for row in case_queue.queue_for(teacher)] == ["1年1組", "2年1組"]


def test_the_list_filters_and_searches_without_names(watched, case, ren_case, sign_in):
    client = sign_in(watched.nurse.user)
    casework.open_case(ren_case, actor=watched.principal.user, reason="sign")
    SupportCase.objects.filter(pk=ren_case.pk).update(review_on=clock.today())

    def shown(address):
        page = client.get(address, follow=True).content.decode()
        assert "さくら" not in page
        return set(re.findall(r"(\d年\d組) の生徒", page))

    both, sakuras, rens = {"1年1組", "2年1組"}, {"1年1組"}, {"2年1組"}
    for address, expected in {
        "": both, "?state=new": sakuras, "?state=looking": rens, "?state=closed": both,
        "?holder=me": set(), "?holder=nobody": sakuras, "?holder=others": rens,
        f"?class={watched.class_2.pk}": rens, "?class=x": both, "?rule=R3": both,
        "?rule=R1": set(), "?due=over": rens,
    }.items():  # fmt: skip
        assert shown(QUEUE + address) == expected, address
    page = client.get(QUEUE).content.decode()
    assert "心の天気: 同意がないので、見ていません" in page or "同意がないので" in page
    for words, expected in {
        "R3": both, "r3 2年1組": rens, "管理職": rens, "見て います": rens, "さくら": set(),
    }.items():  # fmt: skip
        found = client.post(QUEUE, {"search_words": words}, follow=True).content.decode()
        assert set(re.findall(r"(\d年\d組) の生徒", found)) == expected, words


def test_picked_cases_are_given_to_a_colleague_once(watched, case, ren_case, sign_in):
    client = sign_in(watched.principal.user)
    picked = {"action": "assign", "_selected_action": [str(case.pk), str(ren_case.pk)]}
    page = client.post(QUEUE, picked, follow=True)
    assert "さくら" not in page.content.decode()
    sent = form_on(page, f"case-{case.pk}")
    posts = {post.name: post for post in assignments.colleagues_for([case, ren_case])}
    assert "担任" not in "".join(posts)  # of one class alone
    sent["holder"] = str(next(p.pk for p in posts.values() if p.user == watched.nurse.user))
    for _ in range(2):
        answer = client.post(ASSIGN, sent, follow=True)
        assert "2件の担当を決めました。" in answer.content.decode()
    assert actors_of(Action.CASE_ASSIGNED) == [watched.principal.user] * 2
    for one in (case, ren_case):
        one.refresh_from_db()
        assert (one.holder, one.holder_role, one.state) == (
            watched.nurse.user, "養護教諭", CaseState.NEW,
        )  # fmt: skip
    del sent["holder"]
    assert client.post(ASSIGN, sent).status_code == 422
    assert "一覧で選んで" in client.get(ASSIGN).content.decode()


def test_a_stale_pick_and_a_stranger_change_nothing(watched, case):
    stale, nurse = {case.pk: version_of(case)}, watched.nurse.user
    casework.open_case(case, actor=watched.counsellor.user, reason="sign")
    result = assign_cases(stale, holder=nurse, by=watched.principal.user)
    assert (result.done, result.changed) == ([], [case])
    case.refresh_from_db()
    now = {case.pk: version_of(case)}
    assert case.holder == watched.counsellor.user
    with pytest.raises(CannotAssign):
        assign_cases(now, holder=watched.away_nurse.user, by=watched.principal.user)
    with pytest.raises(PermissionDenied):
        assign_cases(now, holder=nurse, by=watched.officer.user)
    assert assign_cases(now, holder=nurse, by=watched.away_nurse.user).done == []
    assert actors_of(Action.CASE_ASSIGNED) == []


def test_the_lead_sees_what_waits_too_long_and_who_holds_how_much(watched, case, ren_case):
    lead = watched.principal.user
    old = clock.now() - dt.timedelta(days=8)
    SupportCase.objects.filter(pk=case.pk).update(opened_at=old)
    casework.open_case(ren_case, actor=watched.nurse.user, reason="sign")
    yesterday = clock.today() - dt.timedelta(days=1)
    SupportCase.objects.filter(pk=ren_case.pk).update(review_on=yesterday)
    load = case_load.school_load_for(lead)
    assert (load.n_late, load.n_overdue) == (1, 1)
    assert load.to_first_look < dt.timedelta(minutes=5)
    assert [(one.name, one.n_open, one.n_overdue) for one in case_load.holders_for(lead)] == [
        ("", 1, 0), ("保健室の先生(養護教諭)", 1, 1),
    ]  # fmt: skip
    words = [tile.words for tile in today_page(lead)["tiles"]]
    assert "3授業日より長く、だれも見ていないケース" in words
    assert "次の確認の日をすぎたケース" in words
    case.refresh_from_db()
    assert case_load.is_late(case)
    assert case_load.school_load_for(watched.nurse.user) is None


def test_nobody_holds_a_case_whose_holder_left_or_whose_student_moved(watched, case, ren_case):
    for one in (case, ren_case):
        casework.open_case(one, actor=watched.nurse.user, reason="sign")
    assert assignments.release_left_cases() == 0
    new = factories.school(watched.city, "C117220600077", "つぎの中学校(架空)")
    watched.sakura.school, watched.sakura.home_class = new, None
    watched.sakura.save()
    assert assignments.release_left_cases() == 1
    case.refresh_from_db()
    assert (case.school, case.holder, case.holder_role) == (new, None, "")
    watched.nurse.ended_at = clock.now()
    watched.nurse.save()
    assert assignments.release_left_cases() == 1
    ren_case.refresh_from_db()
    assert ren_case.holder is None
    assert assignments.release_left_cases() == 0
    whats = [one.what for one in follow_ups.follow_ups_for(watched.principal.user)]
    assert "担当だった人がいません" in whats
