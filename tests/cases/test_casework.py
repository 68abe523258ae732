"""Opening, deciding, planning, referring and closing: allowed by a table, once, and audited."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.audit.models import Action, Audience, AuditEvent
from apps.cases.case_states import REFUSALS, TRANSITIONS
from apps.cases.models import CaseDecision, CaseState, SupportCase
from apps.cases.services import case_queue, casework, plans, referrals
from apps.cases.services.case_writing import CannotChangeCase
from apps.cases.services.timeline import timeline_of
from apps.core.clock import today
from apps.notices.models import SupportOrganisation
from apps.vault.services.sealed_content import OpeningReason
from tests.records import actors_of

CARING = ["homeroom", "nurse", "counsellor", "principal"]
OTHERS = ["officer", "helpdesk", "away_nurse", "other_homeroom"]


def person(cast, name):
    if name == "other_homeroom":
        cast.homeroom.school_class = cast.class_2
        cast.homeroom.save()
        return cast.homeroom.user
    return getattr(cast, name).user


def opened(cast, case, who="nurse"):
    return casework.open_case(case, actor=person(cast, who), reason=OpeningReason.SIGN)


def decide(cast, case, judgement, key=None, words="面談した。"):
    return casework.add_decision(
        case, actor=cast.nurse.user, judgement=judgement, words=words,
        form_key=key or uuid.uuid4(),
    )  # fmt: skip


def actions():
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


@pytest.mark.parametrize("who", CARING)
def test_who_cares_for_the_student_opens_the_evidence(watched, case, who):
    page = opened(watched, case, who)
    assert [len(one.facts) for one in page.signs] == [5]
    assert page.signs[0].facts[0][1] == "病欠"


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_opens_or_decides(watched, case, who):
    with pytest.raises(PermissionDenied):
        opened(watched, case, who)
    with pytest.raises(PermissionDenied):
        casework.add_decision(
            case, actor=person(watched, who), judgement="watch", words="x", form_key=uuid.uuid4()
        )
    assert case_queue.queue_for(person(watched, who)) == []
    assert not SupportCase.objects.visible_to(person(watched, who)).exists()


def test_opening_leaves_rows_with_the_reason_and_takes_the_case(watched, case):
    opened(watched, case)
    case.refresh_from_db()
    assert (case.state, case.holder, case.holder_role) == (
        CaseState.LOOKING, watched.nurse.user, "養護教諭",
    )  # fmt: skip
    assert case.first_seen_at is not None
    rows = AuditEvent.objects.filter(reason_code=OpeningReason.SIGN, actor=watched.nurse.user)
    assert {(row.action, row.audience) for row in rows} == {
        (Action.SEALED_OPENED, Audience.OPEN),
        (Action.CASE_OPENED, Audience.PROTECTIVE),
    }


def test_the_second_to_open_is_recorded_and_does_not_take_it_over(watched, case):
    opened(watched, case)
    opened(watched, case, "homeroom")
    case.refresh_from_db()
    assert case.holder == watched.nurse.user
    assert actions().count(Action.CASE_OPENED) == 2


def test_a_case_must_be_opened_with_a_reason(watched, case):
    with pytest.raises(ValueError, match="curiosity"):
        casework.open_case(case, actor=watched.nurse.user, reason="curiosity")
    assert Action.CASE_OPENED not in actions()


def test_from_a_judgement_to_support_received(watched, case):
    nurse = watched.nurse.user
    place = SupportOrganisation.objects.create(name="窓口(架空)", municipality=watched.city)
    opened(watched, case)
    decide(watched, case, "support")
    later = today() + dt.timedelta(days=14)
    plans.add_plan(
        case,
        actor=nurse,
        words="毎週話す。",
        agreed_with="child",
        review_on=later,
        form_key=uuid.uuid4(),
    )
    referrals.add_referral(
        case,
        actor=nurse,
        organisation=place,
        words="いっしょに行く。",
        agreed_by="child",
        parts=[],
        form_key=uuid.uuid4(),
    )
    with pytest.raises(CannotChangeCase, match="結果"):
        casework.close_case(case, actor=nurse)
    casework.add_outcome(case, actor=nurse, words="話せた。", form_key=uuid.uuid4())
    page = opened(watched, case)
    assert page.case.review_on == later
    assert [e.lines[0] for e in timeline_of(page)][:3] == [
        ("", "話せた。"), ("窓口(架空)", "いっしょに行く。"), ("めあて", "毎週話す。"),
    ]  # fmt: skip
    assert casework.close_case(case, actor=nurse).state == CaseState.CLOSED
    assert casework.close_case(case, actor=nurse).closed_at
    for action in (Action.PLAN_MADE, Action.REFERRAL_MADE, Action.OUTCOME_RECORDED):
        assert actors_of(action) == [nurse]
    assert actors_of(Action.CASE_CLOSED) == [nurse]


def test_the_same_form_twice_is_one_judgement(watched, case):
    opened(watched, case)
    key = uuid.uuid4()
    assert decide(watched, case, "watch", key) == decide(watched, case, "watch", key)
    assert CaseDecision.objects.count() == actions().count(Action.CASE_DECIDED) == 1


def test_words_are_sealed_and_needed(watched, case):
    opened(watched, case)
    for words in ("  ", "あ" * 2001):
        with pytest.raises(CannotChangeCase, match="。"):
            decide(watched, case, "watch", words=words)
    row = decide(watched, case, "watch", words="ひみつの話")
    row.refresh_from_db()
    assert "ひみつ".encode() not in bytes(row.sealed)


@pytest.mark.parametrize(
    ("state", "judgement", "leads_to"),
    [
        (state, word, TRANSITIONS[state].get(word))
        for state in CaseState
        for word in ("nothing", "watch", "support")
    ],
)
def test_each_judgement_leads_where_the_table_says_or_is_refused(
    watched, case, state, judgement, leads_to
):
    SupportCase.objects.filter(pk=case.pk).update(state=state)
    if leads_to is None:
        with pytest.raises(CannotChangeCase, match=str(REFUSALS[state])):
            decide(watched, case, judgement)
        assert not CaseDecision.objects.exists()
    else:
        decide(watched, case, judgement)
    case.refresh_from_db()
    assert case.state == (leads_to or state)


def test_a_plan_is_not_looked_at_again_yesterday_and_no_foreign_place_is_named(watched, case):
    opened(watched, case)
    decide(watched, case, "support")
    nurse, yesterday = watched.nurse.user, today() - dt.timedelta(days=1)
    with pytest.raises(CannotChangeCase, match="前の日"):
        plans.add_plan(
            case,
            actor=nurse,
            words="x",
            agreed_with="child",
            review_on=yesterday,
            form_key=uuid.uuid4(),
        )
    foreign = SupportOrganisation.objects.create(name="となり(架空)", municipality=watched.away)
    with pytest.raises(CannotChangeCase, match="窓口"):
        referrals.add_referral(
            case,
            actor=nurse,
            organisation=foreign,
            words="x",
            agreed_by="child",
            parts=[],
            form_key=uuid.uuid4(),
        )


def note(case, by, words="給食を残した。", key=None):
    return casework.add_observation(case, actor=by, words=words, form_key=key or uuid.uuid4())


def test_nothing_closes_only_without_a_plan_and_closing_needs_an_outcome(watched, case):
    nurse = watched.nurse.user
    opened(watched, case)
    decide(watched, case, "watch")
    with pytest.raises(CannotChangeCase, match="結果"):
        casework.close_case(case, actor=nurse)
    decide(watched, case, "support")
    plans.add_plan(
        case,
        actor=nurse,
        words="毎週話す。",
        agreed_with="child",
        review_on=today(),
        form_key=uuid.uuid4(),
    )
    decide(watched, case, "nothing")
    case.refresh_from_db()
    assert (case.state, case.closed_at) == (CaseState.SUPPORTING, None)
    casework.add_outcome(case, actor=nurse, words="話せた。", form_key=uuid.uuid4())
    closed = casework.close_case(case, actor=nurse)
    assert (closed.state, closed.review_on) == (CaseState.CLOSED, None)


def test_a_closed_case_is_read_and_opened_again_with_a_reason(watched, case, time_machine):
    nurse, principal = watched.nurse.user, watched.principal.user
    opened(watched, case)
    decide(watched, case, "nothing", words="元気になった。")
    page = opened(watched, case, "principal")
    assert page.case.state == CaseState.CLOSED
    with pytest.raises(CannotChangeCase, match="終わって"):
        note(case, nurse)
    with pytest.raises(CannotChangeCase, match="言葉"):
        casework.reopen_case(case, actor=principal, words=" ", form_key=uuid.uuid4())
    key = uuid.uuid4()
    again = {"actor": principal, "words": "また休んでいる。", "form_key": key}
    time_machine.shift(60)
    assert casework.reopen_case(case, **again) == casework.reopen_case(case, **again)
    case.refresh_from_db()
    assert (case.state, case.closed_at, case.holder) == (CaseState.LOOKING, None, principal)
    assert actors_of(Action.CASE_REOPENED) == [principal]
    time_machine.shift(60)
    note(case, nurse)
    assert actors_of(Action.CASE_NOTED) == [nurse]
    entries = timeline_of(opened(watched, case))
    assert [e.what for e in entries] == ["記録", "ふたたび開いた", "判断", "気づき"]
    assert entries[0].by == "保健室の先生(養護教諭)"
    watched.principal.ended_at = timezone.now()
    watched.principal.save()
    left = timeline_of(opened(watched, case))[1]
    assert "いまはこの学校にいません" in left.by


def test_a_case_is_not_opened_again_beside_another(watched, case):
    opened(watched, case)
    decide(watched, case, "nothing")
    SupportCase.objects.create(
        municipality=watched.city, school=watched.school, student=watched.sakura
    )
    with pytest.raises(CannotChangeCase, match="ほかに開いている"):
        casework.reopen_case(
            case, actor=watched.nurse.user, words="また休んでいる。", form_key=uuid.uuid4()
        )
