"""The queue and the case page: no name before a reason, every opening audited, others get 404."""

import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.cases.models import CaseDecision, CaseState, SupportCase
from apps.cases.services import case_queue, casework, plans, signs
from apps.consent.models import Purpose
from apps.core.reason_grants import note_proof
from tests import factories
from tests.browser import form_on
from tests.cases.test_casework import CARING, OTHERS, person

QUEUE = reverse("admin:cases_supportcase_changelist")
RULES = reverse("admin:cases_rule_changelist")
MARKS = ["病欠", "加賀 さくら"]


def page_of(case):
    return reverse("admin:cases_supportcase_change", args=[case.pk])


def open_of(case):
    return reverse("admin:cases_open", args=[case.pk])


def work_of(case, what="decide"):
    return reverse("admin:cases_work", args=[case.pk, what])


def judgement(**more):
    return {
        "decide-form_key": str(uuid.uuid4()),
        "decide-judgement": "watch",
        "decide-words": "見まもります。",
        **more,
    }


@pytest.fixture
def nurse(watched, case, sign_in):
    client = sign_in(watched.nurse.user)
    client.post(open_of(case), {"reason": "sign"}, follow=True)
    return client


def looks():
    """How often the sign was opened."""
    return AuditEvent.objects.filter(action=Action.SEALED_OPENED, thing="cases.Sign").count()


@pytest.mark.parametrize("who", CARING)
def test_before_opening_only_class_and_why_are_shown(watched, case, sign_in, who):
    client = sign_in(person(watched, who))
    for url in (QUEUE, page_of(case)):
        page = client.get(url).content.decode()
        assert "1年1組 の生徒" in page
        assert "(R3 v1)" in page
        assert "気づきは判断ではありません。" in page
        assert not [word for word in MARKS if word in page]
    assert looks() == 0


def test_a_reason_opens_and_every_look_is_recorded(watched, case, sign_in):
    client = sign_in(watched.nurse.user)
    answer = client.post(open_of(case), {"reason": "sign"}, follow=True)
    page = answer.content.decode()
    assert [word for word in MARKS if word in page] == MARKS
    assert "気づきは判断ではありません。" in page
    client.get(page_of(case))
    opened = AuditEvent.objects.filter(action=Action.SEALED_OPENED)
    assert {row.reason_code for row in opened} == {"sign"}
    # the pictures beside it are looks at the case, not at the family's records
    assert {row.thing for row in opened} == {"cases.Sign", "cases.SupportCase"}
    assert looks() == 2


def test_a_reason_lasts_fifteen_minutes(watched, case, nurse, time_machine):
    time_machine.move_to(timezone.now() + dt.timedelta(minutes=15, seconds=1))
    assert "病欠" not in nurse.get(page_of(case)).content.decode()
    assert nurse.post(work_of(case), judgement()).status_code == 422
    assert not CaseDecision.objects.exists()


@pytest.fixture
def late(nurse, time_machine):
    """The nurse, whose reason has lasted its quarter of an hour."""
    time_machine.move_to(timezone.now() + dt.timedelta(minutes=15, seconds=1))
    return nurse


WRITTEN = {
    "decide": {"judgement": "watch"},
    "plan": {"review_on": "2027-01-10", "agreed_with": "child"},
    "refer": {},
    "outcome": {},
}


@pytest.mark.parametrize("what", WRITTEN)
def test_words_sent_after_the_reason_is_over_come_back_where_it_is_asked_again(case, late, what):
    facts = {"words": "長い記録です。", "form_key": str(uuid.uuid4()), **WRITTEN[what]}
    answer = late.post(work_of(case, what), {f"{what}-{k}": v for k, v in facts.items()})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "長い記録です。" in page
    assert 'name="reason"' in page
    assert not [word for word in MARKS if word in page]
    assert looks() == 1


def test_the_words_that_came_back_are_kept_with_the_new_reason(case, late):
    note_proof(session := late.session)  # the proof is asked for as well: test_recent_proof
    session.save()
    sent = form_on(late.post(work_of(case), judgement()), having="decide-words")
    answer = late.post(work_of(case), {**sent, "reason": "sign"}, follow=True)
    assert CaseDecision.objects.count() == 1
    assert "見まもります。" in answer.content.decode()
    assert AuditEvent.objects.filter(action=Action.CASE_OPENED).count() == 2


def test_words_sent_without_the_reason_asked_for_come_back_once_more(case, late):
    again = late.post(work_of(case), judgement(reason="curiosity"))
    assert again.status_code == 422
    assert "見まもります。" in again.content.decode()
    assert not CaseDecision.objects.exists()


@pytest.mark.parametrize("bad", [{}, {"reason": "curiosity"}])
def test_no_reason_opens_nothing(watched, case, sign_in, bad):
    answer = sign_in(watched.nurse.user).post(open_of(case), bad)
    assert answer.status_code == 422
    assert "病欠" not in answer.content.decode()
    assert looks() == 0


def test_a_judgement_is_written_once_and_read_on_the_page(watched, case, nurse):
    posted = judgement()
    for _ in range(2):
        assert nurse.post(work_of(case), posted).url == page_of(case)
    assert CaseDecision.objects.count() == 1
    assert "見まもります。" in nurse.get(page_of(case)).content.decode()


@pytest.mark.parametrize("bad", [{"decide-words": " "}, {"decide-judgement": "guilty"}])
def test_a_bad_form_comes_back_with_its_errors(watched, case, nurse, bad):
    answer = nurse.post(work_of(case), judgement(**bad))
    assert answer.status_code == 422
    assert "field__error" in answer.content.decode()
    assert not CaseDecision.objects.exists()


def test_a_move_that_is_not_allowed_is_refused_with_its_sentence(watched, case, nurse):
    SupportCase.objects.update(state=CaseState.SUPPORTING)
    answer = nurse.post(work_of(case, "close"))
    assert answer.status_code == 422
    assert "先に、支援の結果を書いてください。" in answer.content.decode()


def test_only_the_forms_that_the_state_allows_are_shown(watched, case, nurse):
    page = nurse.get(page_of(case)).content.decode()
    assert work_of(case, "decide") in page
    assert work_of(case, "plan") not in page
    assert page.index("気づき") < page.index("これまで") < page.index("判断を書く")


def test_what_a_colleague_wrote_meanwhile_is_read_first(watched, case, nurse, sign_in):
    own_form = form_on(nurse.get(page_of(case)), "decide-words")
    other = sign_in(watched.principal.user)
    other.post(open_of(case), {"reason": "sign"})
    theirs = form_on(other.get(page_of(case)), "decide-words")
    sent = {"decide-judgement": "watch", "decide-words": "面談をします。"}
    assert other.post(work_of(case), {**theirs, **sent}).status_code == 302
    answer = nurse.post(work_of(case), {**own_form, **sent, "decide-words": "電話をします。"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "校長先生(管理職)から記録が入りました" in page
    assert "面談をします。" in page and "電話をします。" in page
    assert page.count("書いているあいだに入りました") == 1
    assert CaseDecision.objects.count() == 1
    again = form_on(answer, "decide-words")
    assert nurse.post(work_of(case), again).status_code == 302
    assert nurse.post(work_of(case), again).status_code == 302
    assert CaseDecision.objects.count() == 2


def test_a_case_ended_meanwhile_gives_the_words_back(watched, case, nurse, sign_in):
    own_form = form_on(nurse.get(page_of(case)), "decide-words")
    casework.add_decision(
        SupportCase.objects.get(), actor=watched.principal.user, judgement="nothing",
        words="心配ありません。", form_key=uuid.uuid4(),
    )  # fmt: skip
    typed = {"decide-judgement": "watch", "decide-words": "電話をします。"}
    answer = nurse.post(work_of(case), {**own_form, **typed})
    assert answer.status_code == 422
    assert "電話をします。" in answer.content.decode()
    assert CaseDecision.objects.count() == 1


def test_work_without_opening_first_is_asked_for_the_reason(watched, case, sign_in):
    answer = sign_in(watched.nurse.user).post(work_of(case), judgement())
    assert answer.status_code == 422
    assert 'name="reason"' in answer.content.decode()
    assert not CaseDecision.objects.exists()


@pytest.mark.parametrize("who", OTHERS)
def test_staff_who_do_not_care_for_the_student_find_nothing(watched, case, sign_in, who):
    client = sign_in(person(watched, who))
    assert client.get(page_of(case)).status_code == 404
    assert client.post(open_of(case), {"reason": "sign"}).status_code == 404
    assert client.post(work_of(case), judgement()).status_code == 404
    assert str(case.pk) not in client.get(QUEUE).content.decode()


@pytest.mark.parametrize("who", ["midori", "sakura"])
def test_families_reach_no_page_of_a_case(watched, case, sign_in, who):
    client = sign_in(getattr(watched, who).user)
    for url in (QUEUE, RULES, page_of(case)):
        assert client.get(url, follow=True).status_code == 403
    for url in (open_of(case), work_of(case)):
        assert client.post(url, {"reason": "sign"}, follow=True).status_code == 403


def test_nobody_comes_in_without_signing_in(client, watched, case):
    for url in (QUEUE, page_of(case), open_of(case), work_of(case)):
        answer = client.get(url)
        assert (answer.status_code, answer.url) == (302, "/")


def test_opening_and_working_are_posts(nurse, case):
    for url in (open_of(case), work_of(case)):
        assert nurse.get(url).status_code == 405


def test_what_is_no_case_or_no_work_is_not_found(nurse, case):
    assert nurse.get(reverse("admin:cases_supportcase_change", args=["x"])).status_code == 404
    assert nurse.post(work_of(case, "gossip")).status_code == 404


def test_withdrawal_closes_an_open_page_at_once(watched, case, nurse):
    assert "病欠" in nurse.get(page_of(case)).content.decode()
    watched.take_back(watched.sakura, Purpose.ATTENDANCE)
    page = nurse.get(page_of(case)).content.decode()
    assert "病欠" not in page
    assert "読めない気づきが 1件あります。" in page
    assert "職員が自分で書いた記録は、そのまま残っています。" in page


def test_closed_cases_are_listed_without_names_and_read_with_a_reason(watched, case, nurse):
    closed_list = reverse("admin:cases_closed")
    posted = judgement(**{"decide-judgement": "nothing"})
    assert nurse.post(work_of(case), posted).status_code == 302
    rows = nurse.get(closed_list, {"month": "2026-11", "rule": "R3"}).content.decode()
    assert page_of(case) in rows and "加賀 さくら" not in rows
    post = watched.nurse.pk
    for narrowed in ({"month": "2026-10"}, {"rule": "R1"}, {"school_class": watched.class_2.pk}):
        assert page_of(case) not in nurse.get(closed_list, narrowed).content.decode()
    assert page_of(case) in nurse.get(closed_list, {"holder": post}).content.decode()
    assert nurse.get(closed_list, {"month": "まえ"}).status_code == 422
    page = nurse.get(page_of(case)).content.decode()
    assert "見まもります。" in page and work_of(case, "reopen") in page
    assert work_of(case, "decide") not in page
    SupportCase.objects.create(
        municipality=watched.city, school=watched.school, student=watched.sakura
    )
    page = nurse.get(page_of(case)).content.decode()
    assert "いま開いているケース" in page and work_of(case, "reopen") not in page


def test_who_has_waited_longest_unseen_stands_first(watched, case, time_machine):
    casework.open_case(case, actor=watched.nurse.user, reason="sign")
    factories.make_effective(watched.ren, Purpose.ATTENDANCE)
    watched.absent(watched.ren, 2, 5, 9, 12, 16)
    signs.update_signs()
    rows = case_queue.queue_for(watched.principal.user)
    assert [(row.class_title, row.holder) for row in rows] == [
        ("2年1組", ""), ("1年1組", "養護教諭(保健室の先生)"),
    ]  # fmt: skip
    assert [row.kind for row in rows] == ["気づき 1", "気づき 1"]


def test_something_newer_than_the_judgement_comes_back_to_the_front(watched, case, time_machine):
    nurse = watched.nurse.user
    casework.open_case(case, actor=nurse, reason="sign")
    casework.add_decision(
        case, actor=nurse, judgement="watch", words="見る。", form_key=uuid.uuid4()
    )
    (row,) = case_queue.queue_for(nurse)
    assert (row.kind, row.is_sign) == ("見まもり", False)
    time_machine.move_to(timezone.now() + dt.timedelta(hours=1))
    watched.absent(watched.sakura, 1)
    signs.update_signs()
    (row,) = case_queue.queue_for(nurse)
    assert (row.kind, row.is_sign) == ("気づき 1", True)


def test_a_due_review_comes_before_one_that_is_not(watched, case):
    factories.make_effective(watched.ren, Purpose.ATTENDANCE)
    watched.absent(watched.ren, 2, 5, 9, 12, 16)
    signs.update_signs()
    nurse, now = watched.nurse.user, dt.date(2026, 11, 20)
    for one, in_days in ((case, 7), (SupportCase.objects.get(student=watched.ren), 0)):
        casework.open_case(one, actor=nurse, reason="sign")
        work = {"actor": nurse, "words": "話す。"}
        casework.add_decision(one, judgement="support", form_key=uuid.uuid4(), **work)
        review_on = now + dt.timedelta(days=in_days)
        plans.add_plan(one, review_on=review_on, agreed_with="child", form_key=uuid.uuid4(), **work)
    rows = case_queue.queue_for(nurse)
    assert [row.why[-1] for row in rows] == ["次の確認 11月20日", "次の確認 11月27日"]


def test_more_cases_need_no_more_queries(watched, case, sign_in):
    client = sign_in(watched.nurse.user)
    client.get(QUEUE)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(QUEUE)
    for n in range(2):
        more = factories.student(watched.class_2, number=10 + n, local_code=f"30{n}")
        factories.make_effective(more, Purpose.ATTENDANCE)
        watched.absent(more, 2, 5, 9, 12, 16)
    signs.update_signs()
    casework.open_case(case, actor=watched.nurse.user, reason="sign")
    with CaptureQueriesContext(connection) as many:
        page = client.get(QUEUE).content.decode()
    assert page.count("の生徒") == 3
    assert len(many) <= len(one) + 2  # the holder and the holder's posts


@pytest.mark.parametrize("who", ["nurse", "officer"])
def test_the_rules_can_be_read_with_their_thresholds_and_not_changed(watched, sign_in, who):
    client = sign_in(person(watched, who))
    page = client.get(RULES).content.decode()
    assert "30日で欠席5日以上" in page
    assert "この30日で欠席が5日以上" in page
    assert client.get(reverse("admin:cases_rule_add")).status_code == 403


def test_another_city_reads_none_of_these_rules(watched, sign_in):
    assert "30日で欠席5日以上" not in sign_in(watched.away_nurse.user).get(RULES).content.decode()
