"""Scenarios of acts about policies."""

from datetime import timedelta

import time_machine
from django.utils import timezone

from apps.consent.models import Programme, PurposePolicy
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import (
    ReadingRight,
    User,
)
from apps.people.permissions import may_open
from apps.vault.models import SubjectKey
from tests.people.act_scenarios import DAY, save
from tests.people.base_act_scenario import ATTENDANCE, ActScenario


class PolicyEnd(ActScenario):
    names = ("出席のようす", "2人")

    def save(self, client):
        return save(client, self.policy, is_offered=None)

    def is_done(self):
        gone = not SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
        assert gone == (not PurposePolicy.objects.get(pk=self.policy.pk).is_offered)
        return gone

    def is_as_before(self):
        return is_effective(self.cast.sakura, ATTENDANCE) and not self.is_done()


class ProgrammeEnd(PolicyEnd):
    def save(self, client):
        yesterday = timezone.localdate() - timedelta(days=1)
        return save(
            client, self.cast.programme, begins_on="2026-04-01", ends_on=yesterday.isoformat()
        )

    def is_done(self):
        gone = not SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
        assert gone == (Programme.objects.get().ends_on < timezone.localdate())
        return gone


class PolicyBegin(ActScenario):
    names = ("出席のようす", "2人")

    def __init__(self, *args):
        super().__init__(*args)
        PurposePolicy.objects.filter(pk=self.policy.pk).update(is_offered=False)
        with time_machine.travel(timezone.now() - DAY, tick=False):
            reconcile_all()
        reconcile_all()

    def save(self, client):
        return save(client, self.policy, is_offered="on")

    def is_done(self):
        done = SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
        assert done == PurposePolicy.objects.get(pk=self.policy.pk).is_offered
        return done


class ProgrammeBegin(ActScenario):
    names = ("出席のようす", "2人")

    def save(self, client):
        self.later = self.cast.programme.ends_on + timedelta(days=30)
        return save(client, self.cast.programme, ends_on=self.later.isoformat())

    def is_done(self):
        return hasattr(self, "later") and Programme.objects.get().ends_on == self.later


class KeepShorter(ActScenario):
    names = ("出席のようす",)

    def save(self, client):
        return save(client, self.policy, kept_days=30)

    def is_done(self):
        return PurposePolicy.objects.get(pk=self.policy.pk).kept_days == 30

    def is_as_before(self):
        return is_effective(self.cast.sakura, ATTENDANCE) and not self.is_done()


class Narrow(ActScenario):
    names = ("担任", "養護教諭")

    def __init__(self, *args):
        super().__init__(*args)
        ReadingRight.objects.create(
            municipality=self.cast.city, purpose=ATTENDANCE, roles=self.policy.readers
        )

    def save(self, client):
        return save(client, self.policy, readers=["principal"])

    def is_done(self):
        nurse = User.objects.get(pk=self.cast.nurse.user.pk)
        return not may_open(nurse, self.cast.sakura, ATTENDANCE)
