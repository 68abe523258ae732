"""A new version of a rule: drafted, counted on the past, approved by another, used from a day on."""

import datetime as dt
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.cases.back_test_rules import BackTestCounts, shown_counts, would_speak
from apps.cases.models import BackTest, BackTestState, Rule, Sign, SupportCase
from apps.cases.rule_facts import DayMark, StudentFacts
from apps.cases.rule_kinds import RULE_KINDS
from apps.cases.services import back_tests, rule_drafts, signs
from apps.cases.services.rule_drafts import CannotChangeRule
from apps.cases.services.student_events import record_event
from apps.consent.models import Purpose
from apps.core.clock import today
from apps.people.models import Role
from apps.people.services import pending_acts
from tests import factories
from tests.cases.sealed_rows import absences, put_rows

DAY = dt.timedelta(days=1)


@pytest.fixture
def rule(watched):
    return Rule.objects.get(municipality=watched.city, code="R3")


@pytest.fixture
def draft(watched, rule):
    return rule_drafts.draft_rule(rule, {"absences": 4}, by=watched.officer.user)


def approve(cast, draft, starts_on):
    act = rule_drafts.propose_start(
        draft, starts_on, by=cast.officer.user, reason="会議で 決まったため"
    )
    privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当").user
    pending_acts.confirm(act, by=privacy)
    rule_drafts.carry_out_starts()


def active(rule):
    return Rule.objects.active().get(municipality=rule.municipality, code=rule.code)


# -- drafts ---------------------------------------------------------------------------------------


def test_a_draft_changes_nothing_until_it_is_approved_and_its_day_has_come(
    watched, rule, draft, time_machine
):
    put_rows([watched.sakura], "attendance_daily", absences(2, 5, 9, 12))
    assert signs.update_signs() == 0
    approve(watched, draft, today() + 2 * DAY)
    rule_drafts.start_due_rules()
    assert active(rule) == rule
    time_machine.shift(2 * DAY)
    assert rule_drafts.start_due_rules() == 1
    assert rule_drafts.start_due_rules() == 0
    assert active(rule) == draft
    signs.update_signs()
    assert Sign.objects.get(rule__code="R3").rule == draft


def test_a_draft_written_again_is_one_draft(watched, rule, draft):
    again = rule_drafts.draft_rule(rule, {"absences": 6}, by=watched.officer.user)
    assert (again.pk, again.version) == (draft.pk, rule.version + 1)
    assert Rule.objects.drafts().get().parameters["absences"] == 6
    assert Rule.objects.get(pk=rule.pk).parameters["absences"] == 5


@pytest.mark.parametrize(
    ("thresholds", "sentence"),
    [
        ({"absences": 5}, "いまの版と同じ"),
        ({"absences": 0}, "1から30まで"),
        ({"absences": 2.5}, "小数でない"),
        ({"counts": 3}, "この決まりにない"),
        ({"days": 1000}, "7から90まで"),
    ],
)
def test_bad_thresholds_are_refused_with_a_sentence(watched, rule, thresholds, sentence):
    with pytest.raises(CannotChangeRule, match=sentence):
        rule_drafts.draft_rule(rule, thresholds, by=watched.officer.user)
    assert not Rule.objects.drafts().exists()


def test_a_draft_that_waits_for_a_second_person_is_not_changed(watched, rule, draft):
    rule_drafts.propose_start(draft, today(), by=watched.officer.user, reason="会議で 決まった")
    with pytest.raises(CannotChangeRule, match="二人目の確認"):
        rule_drafts.draft_rule(rule, {"absences": 6}, by=watched.officer.user)
    with pytest.raises(CannotChangeRule, match="二人目の確認"):
        rule_drafts.drop_draft(draft, by=watched.officer.user)


@pytest.mark.parametrize("days", [-1, 200])
def test_a_draft_starts_within_half_a_year(watched, draft, days):
    with pytest.raises(CannotChangeRule, match="半年"):
        rule_drafts.propose_start(
            draft, today() + days * DAY, by=watched.officer.user, reason="会議で 決まった"
        )


def test_a_dropped_draft_is_over_and_its_number_is_not_used_again(watched, rule, draft):
    rule_drafts.drop_draft(draft, by=watched.officer.user)
    rule_drafts.drop_draft(draft, by=watched.officer.user)
    later = rule_drafts.draft_rule(rule, {"absences": 6}, by=watched.officer.user)
    assert later.version == draft.version + 1


def test_only_the_city_writes_a_draft(watched, rule, sign_in):
    for who in ("principal", "nurse", "counsellor", "helpdesk", "away_nurse"):
        user = getattr(watched, who).user
        with pytest.raises(CannotChangeRule):
            rule_drafts.draft_rule(rule, {"absences": 4}, by=user)
        for name in ("draft", "back_test", "drop", "start"):
            url = reverse(f"admin:cases_rule_{name}", args=[rule.pk])
            assert sign_in(user).post(url, {"absences": 4}).status_code in (403, 404)
    assert not Rule.objects.drafts().exists()


def test_the_city_drafts_on_the_page_and_the_nurse_reads_it(watched, rule, sign_in):
    desk = sign_in(watched.officer.user)
    url = reverse("admin:cases_rule_draft", args=[rule.pk])
    numbers = {"days": 30, "absences": 4, "in_a_row": 3}
    assert desk.post(url, numbers | {"absences": "x"}).status_code == 422
    assert "いまの版と同じ" in desk.post(url, numbers | {"absences": 5}).content.decode()
    assert desk.get(url).status_code == 405
    assert desk.post(url, numbers).status_code == 302
    page = sign_in(watched.nurse.user).get(reverse("admin:cases_rule", args=[rule.pk]))
    assert "欠席が4日以上" in page.content.decode()
    assert "書きかけとして残す" not in page.content.decode()


# -- back-tests -----------------------------------------------------------------------------------


def test_every_day_of_the_past_is_seen_as_it_was():
    day = dt.date(2026, 11, 20)
    facts = StudentFacts(
        {DayMark: [DayMark(day - n * DAY, "ABSENT_SICK") for n in (60, 62, 66, 70)]}
    )
    numbers = {"days": 30, "absences": 4, "in_a_row": 9, "counts": ["ABSENT_SICK"]}
    assert would_speak("R3", facts, numbers, day, 90)
    assert not would_speak("R3", facts, numbers, day, 30)
    assert not would_speak("R3", facts, numbers | {"absences": 5}, day, 180)


@pytest.fixture
def many(watched):
    """Twelve students with four absences each, in sakura's class."""
    students = [factories.student(watched.class_1, number=n) for n in range(20, 32)]
    for student in students:
        factories.guardian(student, email=f"{student.pk.hex}@example.com")
        factories.make_effective(student, Purpose.ATTENDANCE)
    put_rows(students, "attendance_daily", absences(2, 5, 9, 12))
    return students


def counted(cast, draft, days=30):
    asked = back_tests.ask_back_test(draft, days, by=cast.officer.user)
    back_tests.run_next()
    asked.refresh_from_db()
    assert asked.state == BackTestState.DONE
    return asked


def test_a_back_test_counts_now_then_known_and_new_and_raises_nothing(watched, many, draft):
    record_event(
        many[0], actor=watched.nurse.user, kind="other", happened_on=today(), source="staff",
        words="見た", form_key=uuid.uuid4(),
    )  # fmt: skip
    counts = BackTestCounts.of(counted(watched, draft).counts)
    assert (counts.looked_at, counts.now, counts.then, counts.known) == (12, 0, 12, 1)
    assert counts.classes == {str(watched.class_1.pk): 12}
    assert counts.readers == 4  # homeroom, nurse, counsellor, principal
    assert not Sign.objects.exists()
    assert not SupportCase.objects.exists()
    assert AuditEvent.objects.filter(action=Action.SEALED_EVALUATED, detail="R3/2").count() == 12


def test_a_paused_or_withdrawn_purpose_is_not_counted(watched, many, draft):
    for student in many[:2]:
        watched.take_back(student, Purpose.ATTENDANCE)
    assert BackTestCounts.of(counted(watched, draft).counts).looked_at == 10


def test_asked_twice_is_once_and_a_killed_worker_goes_on(watched, many, draft, monkeypatch):
    one = back_tests.ask_back_test(draft, 30, by=watched.officer.user)
    assert back_tests.ask_back_test(draft, 30, by=watched.officer.user) == one
    with monkeypatch.context() as patch:
        patch.setattr(back_tests, "would_speak", interrupted)
        with pytest.raises(KeyboardInterrupt):
            back_tests.run_next()
    assert BackTest.objects.get().done == []
    back_tests.run_next()
    assert BackTest.objects.get().state == BackTestState.DONE


def interrupted(*args):
    raise KeyboardInterrupt


def test_one_that_cannot_be_counted_ends_and_says_so(
    watched, many, draft, rule, sign_in, monkeypatch
):
    back_tests.ask_back_test(draft, 30, by=watched.officer.user)
    monkeypatch.setattr(back_tests, "would_speak", lambda *args: 1 / 0)
    back_tests.run_next()
    assert BackTest.objects.get().state == BackTestState.FAILED
    page = sign_in(watched.officer.user).get(reverse("admin:cases_rule", args=[rule.pk]))
    assert "数えられませんでした" in page.content.decode()
    assert "隠しています" not in page.content.decode()


@pytest.mark.parametrize("days", [29, 181])
def test_a_back_test_looks_back_thirty_to_one_hundred_and_eighty_days(watched, draft, days):
    with pytest.raises(back_tests.CannotBackTest):
        back_tests.ask_back_test(draft, days, by=watched.officer.user)


def test_small_counts_are_hidden_and_none_can_be_calculated():
    counts = BackTestCounts(100, 20, 25, 12, 2, {"a": 15, "b": 6, "c": 4}, {"J1": 21, "J2": 4})
    table = shown_counts(counts, 70, [("a", "1年1組"), ("b", "1年2組"), ("c", "2年1組")])
    assert (table.then, table.known, table.new) == (25, 12, 13)
    assert table.now is None  # five more would be a small group
    assert table.classes == [("1年1組", 15), ("1年2組", None), ("2年1組", None)]
    assert [n for _, n in table.grades] == [None, None]
    assert table.load == 1.25
    small = shown_counts(BackTestCounts(30, 0, 4, 1, 2, {"a": 4}, {"J1": 4}), 70, [("a", "x")])
    assert (small.then, small.known, small.new, small.load) == (None, None, None, None)


def test_the_page_shows_the_table_without_small_counts(watched, many, draft, rule, sign_in):
    desk = sign_in(watched.officer.user)
    url = reverse("admin:cases_rule_back_test", args=[rule.pk])
    assert desk.post(url, {"days": "7"}).status_code == 422
    assert desk.post(url, {"days": "30"}).status_code == 302
    page = desk.get(reverse("admin:cases_rule", args=[rule.pk])).content.decode()
    assert "<progress" in page
    back_tests.run_next()
    page = desk.get(reverse("admin:cases_rule", args=[rule.pk])).content.decode()
    assert "12人" in page
    assert "加賀" not in page.split("<main")[-1].replace("加賀市", "")


# -- the first drafts of a city -------------------------------------------------------------------


def test_a_new_city_gets_drafts_and_starts_a_rule_by_two_people(cast, sign_in, capsys):
    """begin_casework adds drafts once; a first draft is edited in place, and used once approved."""
    for _ in range(2):
        call_command("begin_casework", cast.city.code)
    assert "0 rules and 0 schemes" in capsys.readouterr().out.splitlines()[-1]
    assert Rule.objects.active().count() == 0
    assert Rule.objects.drafts().count() == len(RULE_KINDS)
    first = Rule.objects.get(municipality=cast.city, code="R3")
    draft = rule_drafts.draft_rule(first, {"absences": 4}, by=cast.officer.user)
    assert (draft.pk, draft.version) == (first.pk, 1)
    page = sign_in(cast.officer.user).get(reverse("admin:cases_rule", args=[first.pk]))
    assert "使いはじめる" in page.content.decode()
    approve(cast, draft, today())
    rule_drafts.start_due_rules()
    assert active(first).parameters["absences"] == 4
    with pytest.raises(CommandError):
        call_command("begin_casework", "999999")
