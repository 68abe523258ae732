"""Decisions, policies, rosters and days in any order: a key is in use exactly when a plain model
says so.

What a person ends is gone at once; what ends otherwise is paused for a day and comes back whole;
the audit record has every step, and the ledger verifies.
"""

import uuid
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run

from apps.audit.models import Action, AuditEvent
from apps.consent.models import Decider, DeletionCertificate, Purpose, PurposePolicy
from apps.consent.services.decisions import decide
from apps.consent.services.documents import (
    change_policy,
    draft_next_version,
    publish_document,
    review_document,
)
from apps.consent.services.ledger_verification import verify_ledger
from apps.consent.services.purpose_status import CannotDecide, current_documents, statuses_for
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import Guardianship, Role
from apps.vault.models import SubjectKey
from apps.vault.services.keys import NoKey
from apps.vault.services.sealed_content import evaluate_sealed
from apps.vault.share_urls import folder_of
from tests import factories, share_stores
from tests.vault.sealing_helpers import write

PURPOSES = {Purpose.ATTENDANCE: Decider.BOTH, Purpose.INCOME: Decider.GUARDIAN}
purposes = st.sampled_from(sorted(PURPOSES))
people = st.sampled_from(["midori", "fellow", "student"])
responses = st.sampled_from(
    ["given", "given", "given", "given", "refused", "later", "unsure", "withdrawn"]
)
BORN, BEFORE, SIXTEEN = date(2010, 11, 1), "2026-11-10 10:00+09:00", "2026-12-01 10:00+09:00"
IN_USE, DAY = "in use", timedelta(days=1)


class Model:
    """The rule in its plainest form."""

    def __init__(self):
        self.version = dict.fromkeys(PURPOSES, 1)
        self.offered = dict.fromkeys(PURPOSES, True)
        self.responses = {}  # (person, purpose) -> (response, version)
        self.guardians = {"midori", "fellow"}
        self.enrolled = self.in_term = True
        self.of_age = False  # only for what is the student's own
        self.said_at, self.ended_at = {}, {}  # (person, purpose) -> when; purpose -> by an answer
        self.keys = {}  # purpose -> IN_USE, or the moment from which the paused key may be destroyed
        self.n_destroyed_paused = dict.fromkeys(PURPOSES, 0)

    def is_final(self, person, purpose, response):
        """Whether this answer is such that what it ends is ended at once."""
        has_say = person != "student" or PURPOSES[purpose] == Decider.BOTH
        return response in ("refused", "withdrawn") or (has_say and response != "given")

    def follow(self, purposes=PURPOSES, *, is_final=False):
        """What becomes of the keys now."""
        now = timezone.now()
        for purpose in purposes:
            key = self.keys.get(purpose)
            if self.is_effective(purpose):
                self.keys[purpose] = IN_USE
            elif key == IN_USE and not is_final:
                self.keys[purpose] = now + DAY
            elif key is not None and (is_final or key <= now):
                self.n_destroyed_paused[purpose] += key != IN_USE
                if is_final:
                    self.ended_at[purpose] = now
                del self.keys[purpose]

    def may_say(self, person, purpose, response):
        decides = person == "student" or person in self.guardians
        is_accepted = self.offered[purpose] or response in ("refused", "withdrawn")
        alone = self.of_age and PURPOSES[purpose] == Decider.BOTH
        has_say = person == "student" or not (alone or response == "unsure")
        return decides and is_accepted and has_say and (self.enrolled or response != "given")

    def somebody_has_spoken_since_its_end(self, purpose):
        """If the person who ended it is a guardian no more, nobody's old yes counts."""
        spoken = (self.said_at.get((who, purpose)) for who in (*self.guardians, "student"))
        return any(at is not None and at >= self.ended_at[purpose] for at in spoken)

    def comes_of_age(self):
        """What the student said before stays said, but a yes no longer decides alone."""
        self.of_age = True
        for (person, purpose), (response, version) in self.responses.items():
            if person == "student" and response == "given" and PURPOSES[purpose] == Decider.BOTH:
                self.responses[person, purpose] = ("given as a child", version)

    def is_effective(self, purpose):
        if purpose in self.ended_at and not self.somebody_has_spoken_since_its_end(purpose):
            return False
        agree = ("given", self.version[purpose])
        responses = [
            self.responses[g, purpose] for g in self.guardians if (g, purpose) in self.responses
        ]
        own = self.responses.get(("student", purpose), ("silent", 0))
        by_student = (
            own == agree
            if PURPOSES[purpose] == Decider.BOTH
            else own[0] not in ("refused", "withdrawn")
        )
        here = self.offered[purpose] and self.enrolled and self.in_term
        if self.of_age and PURPOSES[purpose] == Decider.BOTH:
            return here and own == agree
        return here and bool(responses) and all(word == agree for word in responses) and by_student


def machine_for(cast, fellow, second):
    users = {"midori": cast.midori.user, "fellow": fellow.user, "student": cast.sakura.user}

    class ConsentMachine(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            share_stores.forget_erasures(folder_of(django_settings.KEY_SHARES_URL))
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
            self.model.responses[person, purpose] = (response, self.model.version[purpose])
            self.model.said_at[person, purpose] = timezone.now()
            self.model.follow([purpose], is_final=self.model.is_final(person, purpose, response))

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
            self.reconcile()

        @rule()
        def a_day_passes(self):
            self.traveller.shift(DAY)
            self.reconcile()

        def reconcile(self):
            reconcile_all()
            self.model.follow()

        @rule(purpose=purposes)
        def the_city_publishes_new_words(self, purpose):
            words = current_documents(cast.city.pk)[purpose]
            draft = draft_next_version(words, by=cast.officer.user)
            publish_document(
                review_document(draft, by=second.user),
                by=cast.officer.user,
                reason="説明を新しくするため",
            )
            self.model.version[purpose] += 1
            self.model.follow([purpose])

        @rule(purpose=purposes)
        def the_city_stops_or_starts_asking(self, purpose):
            policy = PurposePolicy.objects.get(municipality=cast.city, purpose=purpose)
            policy.is_offered = self.model.offered[purpose] = not policy.is_offered
            change_policy(policy, by=cast.officer.user, fields=["is_offered"])
            self.reconcile()

        @rule()
        def the_student_leaves_or_returns(self):
            self.model.enrolled = not self.model.enrolled
            cast.sakura.left_at = None if self.model.enrolled else timezone.now()
            cast.sakura.save()
            self.reconcile()

        @rule(person=st.sampled_from(["midori", "fellow"]))
        def a_guardianship_ends_or_begins(self, person):
            bonds = Guardianship.objects.filter(student=cast.sakura, guardian__user=users[person])
            bonds.update(ended_at=timezone.now() if person in self.model.guardians else None)
            self.model.guardians ^= {person}
            self.reconcile()

        @rule()
        def the_term_ends_or_is_prolonged(self):
            self.model.in_term = not self.model.in_term
            year = timezone.localdate().year + (1 if self.model.in_term else -1)
            cast.programme.ends_on = cast.programme.ends_on.replace(year=year, month=12, day=31)
            cast.programme.save()
            self.reconcile()

        @invariant()
        def the_key_is_the_truth(self):
            keys = SubjectKey.objects.filter(student=cast.sakura)
            in_use = set(keys.in_use().values_list("purpose", flat=True))
            assert in_use == {p for p in PURPOSES if self.model.is_effective(p)}
            assert {k.purpose: k.destroy_after or IN_USE for k in keys} == self.model.keys

        @invariant()
        def only_under_a_key_in_use_is_anything_readable(self):
            in_use = set(SubjectKey.objects.in_use().values_list("pk", flat=True))
            for row, _, key_id in self.sealed:
                (content,) = evaluate_sealed([row], rule="R1/1")
                assert (content is not None) == (key_id in in_use)

        @invariant()
        def what_ended_is_certified_and_what_lives_is_not(self):
            held = set(SubjectKey.objects.values_list("pk", flat=True))
            ended = set(DeletionCertificate.objects.values_list("key_id", flat=True))
            assert not held & ended
            assert {key_id for _, _, key_id in self.sealed} <= held | ended

        @invariant()
        def the_page_says_the_same(self):
            for state in statuses_for(cast.sakura, cast.sakura.user):
                assert state.effectiveness.is_effective == self.model.is_effective(state.purpose)
                key = self.model.keys.get(state.purpose, IN_USE)
                assert (state.pause is None) == (key == IN_USE)

        @invariant()
        def the_record_tells_every_beginning_and_end(self):
            events = AuditEvent.objects.about(cast.sakura.pk)
            for purpose in PURPOSES:
                n = {
                    action: events.filter(action=action, purpose=purpose).count()
                    for action in (
                        Action.KEY_MADE, Action.KEY_DESTROYED, Action.KEY_PAUSED, Action.KEY_RESUMED
                    )
                }  # fmt: skip
                key = self.model.keys.get(purpose)
                assert n[Action.KEY_MADE] - n[Action.KEY_DESTROYED] == int(key is not None)
                n_back = n[Action.KEY_RESUMED] + self.model.n_destroyed_paused[purpose]
                assert n[Action.KEY_PAUSED] - n_back == int(key not in (None, IN_USE))

    return ConsentMachine


def test_the_key_follows_the_rule_whatever_happens(cast):
    fellow = factories.guardian(cast.sakura, "ちち", "chichi@example.com")
    cast.sakura.birth_month = BORN
    cast.sakura.save()
    second = factories.staff_post(Role.PRIVACY, of=cast.city)
    for post in (cast.officer, second):  # held since before the days of the machine
        post.begins_on = None
        post.save()
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
