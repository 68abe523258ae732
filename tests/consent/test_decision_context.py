"""Pages and sweeps (ORM, no locks) and the writer (SQL, with locks) read the same facts."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.consent.models import AnswerNeeded, DocumentStop, Purpose, PurposePolicy
from apps.consent.services.decision_context import load_decision_context
from apps.consent.services.decisions import decide
from apps.consent.services.effectiveness import (
    POLICY_END,
    effectiveness_by_purpose,
    latest_decision_sets,
    pending_ends,
    terms_of,
)
from apps.consent.services.mass_reconciliation import keys_by_student
from apps.consent.services.purpose_status import CannotDecide
from apps.consent.services.respondents import is_informed_only, respondent_of
from apps.people.models import (
    GuardianOrigin,
    Guardianship,
    GuardianStanding,
    PendingAct,
    StandingChange,
    StandingReason,
)
from apps.vault.models import DestroyedKey, KeyEnd
from tests import factories

PURPOSES = [Purpose.ATTENDANCE, Purpose.INCOME]
purposes = st.sampled_from(PURPOSES)
guardians = st.sampled_from(["midori", "hajime"])
people = st.sampled_from(["midori", "hajime", "student"])
responses = st.sampled_from(["given", "given", "refused", "later", "unsure", "withdrawn"])
standings = st.sampled_from(["decides", "informed", "kept_out", "waiting"])
STEPS = st.one_of(
    st.tuples(st.just("answer"), people, purposes, responses),
    st.tuples(st.just("answer"), people, purposes, responses),
    st.tuples(st.just("set_standing"), guardians, standings),
    st.tuples(st.just("let_in"), guardians),
    st.tuples(st.just("stop_deciding"), guardians),
    st.tuples(st.just("must_stay_unknown"), guardians),
    st.tuples(st.just("end_guardianship"), guardians),
    st.tuples(st.just("need_answer"), purposes),
    st.tuples(st.just("new_version"), purposes),
    st.tuples(st.just("stop_publication"), purposes),
    st.tuples(st.just("key_ended"), purposes, st.sampled_from(KeyEnd.values)),
    st.tuples(st.just("policy_may_end"), purposes),
    st.tuples(st.just("term"), st.integers(-1, 1)),
)


class Town:
    """A student with two guardians, and what can happen to what a decision has to know."""

    def __init__(self, cast, clock):
        self.cast, self.clock = cast, clock
        self.student = cast.sakura
        self.users = {
            "midori": cast.midori.user, "hajime": cast.hajime.user, "student": cast.sakura.user
        }  # fmt: skip

    def do(self, step, *details):
        self.clock.shift(timedelta(minutes=1))
        getattr(self, step)(*details)

    def answer(self, person, purpose, response):
        try:
            with transaction.atomic():
                decide(
                    student=self.student, actor=self.users[person], answers={purpose: response},
                    form_key=uuid.uuid4(),
                )  # fmt: skip
        except CannotDecide:
            pass

    def _guardianships(self, person):
        return Guardianship.objects.filter(guardian__user=self.users[person], student=self.student)

    def set_standing(self, person, standing):
        if standing == GuardianStanding.WAITING:
            self._guardianships(person).update(origin=GuardianOrigin.LETTER)
        self._guardianships(person).update(standing=standing)

    def must_stay_unknown(self, person):
        self._guardianships(person).update(must_stay_unknown=True)

    def let_in(self, person):
        self._record_change(person, "guardian.let_in", GuardianStanding.DECIDES)

    def stop_deciding(self, person):
        self._record_change(person, "guardian.stop_deciding", GuardianStanding.INFORMED)
        self._guardianships(person).update(standing=GuardianStanding.INFORMED)

    def _record_change(self, person, kind, standing):
        act = self._act(kind)
        for guardianship in self._guardianships(person):
            StandingChange.objects.create(
                municipality=self.cast.city, guardian=guardianship.guardian, student=self.student,
                standing=standing, reason=StandingReason.values[0],
                document_number="1", act=act, changed_by=self.cast.officer.user,
                changed_role="city", changed_at=timezone.now(),
            )  # fmt: skip

    def _act(self, kind, thing_id=None, **payload):
        return PendingAct.objects.create(
            municipality=self.cast.city, kind=kind, thing_id=thing_id or uuid.uuid4(), title="x",
            payload=payload, reason="x", proposed_by=self.cast.officer.user, proposed_role="city",
            proposed_at=timezone.now(),
        )  # fmt: skip

    def end_guardianship(self, person):
        self._guardianships(person).update(ended_at=timezone.now())

    def need_answer(self, purpose):
        AnswerNeeded.objects.update_or_create(
            student=self.student, purpose=purpose,
            defaults={"municipality": self.cast.city, "since": timezone.now()},
        )  # fmt: skip

    def new_version(self, purpose):
        factories.next_document(self.cast.city, purpose, by=self.cast.officer.user)

    def stop_publication(self, purpose):
        newest = terms_of(self.cast.city.pk).documents[purpose]
        if newest.version > 1:
            DocumentStop.objects.create(document=newest)

    def key_ended(self, purpose, how):
        DestroyedKey.objects.create(
            pk=uuid.uuid4(), municipality_id=self.cast.city.pk, student_id=self.student.pk,
            purpose=purpose, how=how, ended_at=timezone.now(),
        )  # fmt: skip

    def policy_may_end(self, purpose):
        policy = PurposePolicy.objects.get(municipality=self.cast.city, purpose=purpose)
        if not PendingAct.objects.open().filter(thing_id=str(policy.pk)).exists():
            self._act(POLICY_END, str(policy.pk), changes={"is_offered": False})

    def term(self, years):
        year = timezone.localdate().year + years
        self.cast.programme.ends_on = self.cast.programme.ends_on.replace(year=year)
        self.cast.programme.begins_on = self.cast.programme.begins_on.replace(year=year - 1)
        self.cast.programme.save()


def facts(decisions):
    return sorted(
        (d.purpose, d.party, str(d.guardian_id), d.response, str(d.document_id), d.decided_at)
        for d in decisions
    )


def as_whom(find):
    try:
        party, guardian = find()
    except CannotDecide:
        return None
    return party, getattr(guardian, "pk", guardian)


def assert_same(town):
    student = town.student
    with transaction.atomic():
        context = load_decision_context([student])[student.pk]
    terms = terms_of(student.municipality_id)
    sets = latest_decision_sets([student])[student.pk]
    latest, without_changes = sets.decisions, sets.without_standing_changes
    assert facts(context.with_lone_yes) == facts(sets.with_lone_yes)
    assert facts(context.valid_decisions) == facts(latest)
    assert facts(context.without_standing_changes) == facts(without_changes)
    assert {p: k for p, k in context.keys.items() if p in Purpose.values} == keys_by_student(
        [student]
    ).get(student.pk, {})
    assert context.terms.in_term == terms.in_term
    assert {p: d.pk for p, d in context.terms.documents.items()} == {
        p: d.pk for p, d in terms.documents.items()
    }
    assert len(context.terms.waiting) == len(terms.waiting)
    for judge in (effectiveness_by_purpose, pending_ends):
        assert judge(context.terms, context.student, context.valid_decisions) == judge(
            terms, student, latest
        )
    for user in (*town.users.values(), town.cast.other_guardian.user):
        on_page = as_whom(lambda user=user: respondent_of(user, student))
        on_page = None if is_informed_only(student, user) else on_page
        assert as_whom(lambda user=user: context.party_of(user)) == on_page


@pytest.fixture
def town(cast):
    for purpose in PURPOSES:
        factories.policy(cast.city, purpose)
        factories.document(cast.city, purpose)
    cast.hajime = factories.guardian(cast.sakura, "はじめ", "hajime@example.com")
    cast.sakura.refresh_from_db()
    return cast


def test_the_writer_and_the_pages_read_the_same_facts(town, time_machine):
    @settings(
        max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(st.lists(STEPS, min_size=4, max_size=14))
    def check(steps):
        time_machine.move_to("2026-11-10 10:00+09:00", tick=False)
        with transaction.atomic():
            scene = Town(town, time_machine)
            scene.cast.programme.refresh_from_db()
            for step in steps:
                scene.do(*step)
                assert_same(scene)
            transaction.set_rollback(True)

    check()
