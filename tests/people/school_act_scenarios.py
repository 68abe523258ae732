"""Scenarios of acts about a school's duty, breaks and questions."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from apps.cases.models import Rule
from apps.cases.services import rule_drafts, shipped_rules
from apps.checkins.models import QuestionSet
from apps.checkins.services import question_retirement, question_sets
from apps.helpline.services import duty_reduction
from apps.people.models import (
    Role,
    SchoolBreak,
)
from apps.people.services import long_breaks
from tests import factories
from tests.people.act_scenarios import duty_form
from tests.people.base_act_scenario import ActScenario, yesterday


class StopDuty(ActScenario):
    names = ("東和中学校",)

    def __init__(self, *args):
        super().__init__(*args)
        self.duty = factories.duty_roster(self.cast)
        self.first, self.second = self.cast.principal.user, self.cast.counsellor.user
        self.same_role = factories.staff_post(
            Role.PRINCIPAL, self.cast.school, name="教頭先生"
        ).user
        self.cast.nurse.user.staff_posts.update(ends_on=yesterday(), begins_on=None)

    def save(self, client):
        return client.post(reverse("admin:helpline_switch", args=[self.duty.pk]), {"to": "off"})

    def work(self):
        duty_reduction.carry_out_duty_acts()

    def is_done(self):
        self.duty.refresh_from_db()
        return not self.duty.is_on


class ThinDuty(StopDuty):
    names = ("東和中学校", "480")

    def save(self, client):
        page = reverse("admin:helpline_dutyroster_change", args=[self.duty.pk])
        return client.post(page, duty_form(client, page, **{"hours-0-DELETE": "on"}))

    def is_done(self):
        return self.duty.hours.count() == 4


class LongBreak(ActScenario):
    names = ("東和中学校", "冬休み")

    def __init__(self, *args):
        super().__init__(*args)
        self.first, self.second = self.cast.principal.user, self.cast.counsellor.user
        self.same_role = factories.staff_post(
            Role.PRINCIPAL, self.cast.school, name="教頭先生"
        ).user
        self.n_confirmers = 4  # the nurse, the counsellor and two of the city

    def save(self, client):
        begins = timezone.localdate() + timedelta(days=30)
        return client.post(
            reverse("admin:people_schoolbreak_add"),
            {
                "school": self.cast.school.pk,
                "title": "冬休み",
                "begins_on": begins.isoformat(),
                "ends_on": (begins + timedelta(days=13)).isoformat(),
            },
        )

    def work(self):
        long_breaks.carry_out_breaks()

    def is_done(self):
        return SchoolBreak.objects.filter(school=self.cast.school).exists()


class RetireQuestions(ActScenario):
    names = ("加賀市",)

    def __init__(self, *args):
        super().__init__(*args)
        question_sets.seed_questions()

    def save(self, client):
        weekly = QuestionSet.objects.get(code="weekly", municipality=None)
        url = reverse("admin:checkins_questionset_review", args=[weekly.pk])
        return client.post(url, {"verb": "retire"})

    def work(self):
        question_retirement.carry_out_retirements()

    def is_done(self):
        return all(
            each.code != "weekly" for each in question_sets.current_question_sets(self.cast.city.pk)
        )


class StartRule(ActScenario):
    names = ("加賀市", "欠席が4日以上")

    def __init__(self, *args):
        super().__init__(*args)
        shipped_rules.seed_rules(self.cast.city)
        self.rule = Rule.objects.get(municipality=self.cast.city, code="R3")
        rule_drafts.draft_rule(self.rule, {"absences": 4}, by=self.first)

    def save(self, client):
        url = reverse("admin:cases_rule_start", args=[self.rule.pk])
        return client.post(url, {"starts_on": timezone.localdate().isoformat()})

    def work(self):
        rule_drafts.carry_out_starts()
        rule_drafts.start_due_rules()

    def is_done(self):
        return Rule.objects.active().get(code="R3").parameters["absences"] == 4
