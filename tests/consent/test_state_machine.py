"""Whatever two guardians, a student, the city, the roster and the years do, in any order: the key
exists exactly when a plain model of the rule says so; without it nothing is readable; the record
tells every beginning and end, and the ledger proves."""

import uuid
from datetime import date, datetime

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run

from apps.audit.models import Action, AuditEvent
from apps.consent.models import Decider, DeletionCertificate, Purpose, PurposePolicy
from apps.consent.services import (
    CannotDecide,
    change_policy,
    current_documents,
    decide,
    draft_next_version,
    publish,
    review,
    settle_all,
    states_for,
    verify_ledger,
)
from apps.people.models import Guardianship, Role
from apps.vault.models import SubjectKey
from apps.vault.services import NoKey, open_own
from tests import factories
from tests.vault.sealing import write

PURPOSES = {Purpose.ATTENDANCE: Decider.BOTH, Purpose.INCOME: Decider.GUARDIAN}
purposes = st.sampled_from(sorted(PURPOSES))
people = st.sampled_from(["midori", "fellow", "student"])
responses = st.sampled_from(
    ["given", "given", "given", "given", "refused", "later", "unsure", "withdrawn"]
)
BORN, BEFORE, SIXTEEN = date(2010, 11, 1), "2026-11-20 10:00+09:00", "2026-12-01 10:00+09:00"


class Model:
    """The rule in its plainest words."""

    def __init__(self):
        self.version = dict.fromkeys(PURPOSES, 1)
        self.offered = dict.fromkeys(PURPOSES, True)
        self.said = {}  # (person, purpose) -> (response, version)
        self.guardians = {"midori", "fellow"}
        self.enrolled = self.in_term = True
        self.of_age = False  # only for what is the student's own

    def may_say(self, person, purpose, response):
        speaks = person == "student" or person in self.guardians
        asked = self.offered[purpose] or response in ("refused", "withdrawn")
        alone = self.of_age and PURPOSES[purpose] == Decider.BOTH
        has_say = person == "student" or not (alone or response == "unsure")
        return speaks and asked and has_say and (self.enrolled or response != "given")

    def comes_of_age(self):
        """What the student said before stays said, but a yes no longer decides alone."""
        self.of_age = True
        for (person, purpose), (response, version) in self.said.items():
            if person == "student" and response == "given" and PURPOSES[purpose] == Decider.BOTH:
                self.said[person, purpose] = ("given as a child", version)

    def is_effective(self, purpose):
        agree = ("given", self.version[purpose])
        said = [self.said[g, purpose] for g in self.guardians if (g, purpose) in self.said]
        own = self.said.get(("student", purpose), ("silent", 0))
        by_student = (
            own == agree
            if PURPOSES[purpose] == Decider.BOTH
            else own[0] not in ("refused", "withdrawn")
        )
        here = self.offered[purpose] and self.enrolled and self.in_term
        if self.of_age and PURPOSES[purpose] == Decider.BOTH:
            return here and own == agree
        return here and bool(said) and all(word == agree for word in said) and by_student


def machine_for(cast, fellow, second):
    users = {"midori": cast.midori.user, "fellow": fellow.user, "student": cast.sakura.user}

    class ConsentMachine(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.world = transaction.atomic()
            self.world.__enter__()
            cast.sakura.refresh_from_db()
            cast.programme.refresh_from_db()
            self.clock = time_machine.travel(BEFORE, tick=False)
            self.traveller = self.clock.start()
            self.model = Model()
            self.sealed = []  # (row, purpose, the key it was sealed with)

        def teardown(self):
            found = verify_ledger().findings
            transaction.set_rollback(True)
            self.world.__exit__(None, None, None)
            self.clock.stop()
            assert found == []

        @initialize()
        def everybody_agreed_to_one(self):
            for person in users:
                self.say(person, Purpose.ATTENDANCE, "given")

        @rule(person=people, purpose=purposes, response=responses)
        def say(self, person, purpose, response):
            allowed = self.model.may_say(person, purpose, response)
            try:
                decide(
                    student=cast.sakura,
                    actor=users[person],
                    answers={purpose: response},
                    form_key=uuid.uuid4(),
                )
                assert allowed
            except CannotDecide:
                assert not allowed
                return
            self.model.said[person, purpose] = (response, self.model.version[purpose])

        @rule(purpose=purposes)
        def a_sync_writes(self, purpose):
            if not self.model.is_effective(purpose):
                with pytest.raises(NoKey):
                    write(cast.sakura, purpose, {"n": len(self.sealed)})
                return
            row = write(cast.sakura, purpose, {"n": len(self.sealed)}, uuid.uuid4().bytes)
            self.sealed.append((row, purpose, row.key_id))

        @rule()
        def the_student_comes_of_age(self):
            if self.model.of_age:
                return
            self.traveller.move_to(datetime.fromisoformat(SIXTEEN))
            self.model.comes_of_age()
            settle_all()

        @rule(purpose=purposes)
        def the_city_publishes_new_words(self, purpose):
            words = current_documents(cast.city.pk)[purpose]
            draft = draft_next_version(words, by=cast.officer.user)
            publish(review(draft, by=second.user), by=cast.officer.user)
            self.model.version[purpose] += 1

        @rule(purpose=purposes)
        def the_city_stops_or_starts_asking(self, purpose):
            policy = PurposePolicy.objects.get(municipality=cast.city, purpose=purpose)
            policy.is_offered = self.model.offered[purpose] = not policy.is_offered
            change_policy(policy, by=cast.officer.user, fields=["is_offered"])
            settle_all()

        @rule()
        def the_student_leaves_or_returns(self):
            self.model.enrolled = not self.model.enrolled
            cast.sakura.left_at = None if self.model.enrolled else timezone.now()
            cast.sakura.save()
            settle_all()

        @rule(person=st.sampled_from(["midori", "fellow"]))
        def a_guardianship_ends_or_begins(self, person):
            bonds = Guardianship.objects.filter(student=cast.sakura, guardian__user=users[person])
            bonds.update(ended_at=timezone.now() if person in self.model.guardians else None)
            self.model.guardians ^= {person}
            settle_all()

        @rule()
        def the_term_ends_or_is_prolonged(self):
            self.model.in_term = not self.model.in_term
            year = timezone.localdate().year + (1 if self.model.in_term else -1)
            cast.programme.ends_on = cast.programme.ends_on.replace(year=year, month=12, day=31)
            cast.programme.save()
            settle_all()

        @invariant()
        def the_key_is_the_truth(self):
            held = set(
                SubjectKey.objects.filter(student=cast.sakura).values_list("purpose", flat=True)
            )
            assert held == {p for p in PURPOSES if self.model.is_effective(p)}

        @invariant()
        def without_its_key_nothing_is_readable(self):
            held = set(SubjectKey.objects.values_list("pk", flat=True))
            for row, _, key_id in self.sealed:
                (content,) = open_own([row], student=cast.sakura)
                assert (content is not None) == (key_id in held)

        @invariant()
        def what_ended_is_certified_and_what_lives_is_not(self):
            held = set(SubjectKey.objects.values_list("pk", flat=True))
            ended = set(DeletionCertificate.objects.values_list("key_id", flat=True))
            assert not held & ended
            assert {key_id for _, _, key_id in self.sealed} <= held | ended

        @invariant()
        def the_page_says_the_same(self):
            for state in states_for(cast.sakura, cast.sakura.user):
                assert state.standing.is_effective == self.model.is_effective(state.purpose)

        @invariant()
        def the_record_tells_every_beginning_and_end(self):
            events = AuditEvent.objects.about(cast.sakura.pk)
            for purpose in PURPOSES:
                made = events.filter(action=Action.KEY_MADE, purpose=purpose).count()
                gone = events.filter(action=Action.KEY_DESTROYED, purpose=purpose).count()
                assert made - gone == int(self.model.is_effective(purpose))

    return ConsentMachine


def test_the_key_follows_the_rule_whatever_happens(cast):
    fellow = factories.guardian(cast.sakura, "ちち", "chichi@example.com")
    cast.sakura.birth_month = BORN
    cast.sakura.save()
    second = factories.post(Role.PRIVACY, of=cast.city)
    for purpose, decider in PURPOSES.items():
        factories.policy(cast.city, purpose, decider)
        factories.document(cast.city, purpose)
    run(
        machine_for(cast, fellow, second),
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
