"""Everything needed to decide about one student, read at once while the student is locked."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from apps.consent.agreement_validity import still_valid
from apps.consent.hidden_guardians import deciding_persons, without_lone_yes
from apps.consent.joint_custody import with_marks
from apps.consent.key_steps import KeyState
from apps.consent.models import Party, PurposePolicy
from apps.consent.services.effectiveness import (
    ENDING_ACT_KINDS,
    Terms,
    counted_decisions,
    with_pending_changes,
    without_standing_changes,
)
from apps.consent.services.purpose_status import CannotDecide
from apps.consent.services.telephone_stops import TELEPHONE_STOPS, group_by_student
from apps.core.clock import today
from apps.core.sql_batches import StatementBatch, column_list, instance_of_row
from apps.ledger.hash_chain import GENESIS
from apps.people.models import GuardianStanding, PendingAct, Student
from apps.vault.services.key_ends import KEY_ENDS_SQL, group_key_ends

ACT_PAYLOAD = PendingAct._meta.get_field("payload")  # sealed

# Lock first, then read: each statement sees what the lock's former holder has committed.
# Making keys locks the policies FOR SHARE, publishing FOR UPDATE: no key is made for a document
# that was just replaced. The order is always students, policies, chain heads, keys.
CONTEXT_QUERIES = (
    f"SELECT {column_list(Student)} FROM people_student "  # noqa: S608
    "WHERE id = ANY(%(students)s) ORDER BY id FOR NO KEY UPDATE",
    f"SELECT {column_list(PurposePolicy)} FROM consent_purposepolicy "  # noqa: S608
    "WHERE municipality_id = ANY(%(municipalities)s) ORDER BY id FOR SHARE",
    "SELECT DISTINCT ON (municipality_id, purpose) municipality_id, id, purpose, version, digest, "
    "decider, alone_from_age "
    "FROM consent_consentdocument "
    "WHERE municipality_id = ANY(%(municipalities)s) AND published_at IS NOT NULL "
    "AND NOT EXISTS (SELECT FROM consent_documentstop s WHERE s.document_id = consent_consentdocument.id) "
    "ORDER BY municipality_id, purpose, version DESC",
    "SELECT municipality_id FROM consent_programme "
    "WHERE municipality_id = ANY(%(municipalities)s) AND %(today)s BETWEEN begins_on AND ends_on",
    "SELECT t.student_id, t.guardian_id, g.user_id, t.standing, (SELECT max(c.changed_at) "
    "FROM people_standingchange c WHERE c.guardian_id = t.guardian_id "
    "AND c.student_id = t.student_id AND c.standing = 'decides'), "
    "t.is_unconfirmed, t.must_stay_unknown, "
    "t.standing = 'informed' AND EXISTS (SELECT FROM people_standingchange c "
    "JOIN people_pendingact a ON a.id = c.act_id WHERE c.guardian_id = t.guardian_id "
    "AND c.student_id = t.student_id AND a.kind = 'guardian.stop_deciding') "
    "FROM people_guardianship t JOIN people_guardian g ON g.id = t.guardian_id "
    "WHERE t.student_id = ANY(%(students)s) AND t.ended_at IS NULL ORDER BY t.id",
    "SELECT DISTINCT ON (student_id, purpose, party, guardian_id) "
    "student_id, purpose, party, guardian_id, response, document_id, decided_at "
    "FROM consent_consentdecision d WHERE student_id = ANY(%(students)s) "
    "AND (response IN ('refused', 'withdrawn') OR NOT EXISTS "
    "(SELECT FROM consent_documentstop s WHERE s.document_id = d.document_id) OR EXISTS "
    "(SELECT FROM consent_deletioncertificate c "
    "WHERE c.receipt_id = d.receipt_id AND c.purpose = d.purpose)) "
    "ORDER BY student_id, purpose, party, guardian_id, id DESC",
    "SELECT student_id, purpose, since FROM consent_answerneeded "
    "WHERE student_id = ANY(%(students)s)",
    "SELECT student_id, purpose, id, paused_at, destroy_after FROM vault_subjectkey "
    "WHERE student_id = ANY(%(students)s)",
    KEY_ENDS_SQL,
    "SELECT municipality_id, kind, thing_id, payload, due_at FROM people_pendingact "
    "WHERE municipality_id = ANY(%(municipalities)s) AND kind = ANY(%(acts)s) "
    "AND stopped_at IS NULL AND done_at IS NULL ORDER BY proposed_at",
    TELEPHONE_STOPS,
    "SELECT d.student_id, d.purpose, bool_or(d.response <> 'given') FROM consent_consentdecision d "
    "JOIN people_guardianship t ON t.student_id = d.student_id AND t.guardian_id = d.guardian_id "
    "WHERE d.student_id = ANY(%(students)s) AND t.must_stay_unknown AND NOT t.is_unconfirmed "
    "GROUP BY d.student_id, d.purpose",
    "SELECT student_id, decided_by_id, form_key, id FROM consent_consentreceipt "
    "WHERE student_id = ANY(%(students)s) AND form_key = ANY(%(form_keys)s)",
)
OPEN_CHAIN_HEADS = (  # a school without entries gets its head before any head is locked
    "INSERT INTO ledger_chainhead (chain_id, seq, link, signed_seq) "
    "SELECT DISTINCT school_id, 0, %(genesis)s, 0 FROM people_student "
    "WHERE id = ANY(%(students)s) ORDER BY school_id ON CONFLICT DO NOTHING RETURNING 1"
)
LOCK_CHAIN_HEADS = (
    "SELECT chain_id, seq, link FROM ledger_chainhead WHERE chain_id IN "
    "(SELECT school_id FROM people_student WHERE id = ANY(%(students)s)) "
    "ORDER BY chain_id FOR UPDATE"
)


class CurrentDocument(NamedTuple):
    """As much of a published document as a decision names."""

    municipality_id: UUID
    pk: UUID
    purpose: str
    version: int
    digest: str
    decider: str
    alone_from_age: int | None


class GuardianLink(NamedTuple):
    """One current guardian of a student; ``user_id`` is None without an account."""

    student_id: UUID
    guardian_id: UUID
    user_id: UUID | None
    standing: str
    let_in_at: datetime | None = None
    is_unconfirmed: bool = False
    is_hidden: bool = False  # somebody must not learn that this person is a guardian
    has_stopped_deciding: bool = False  # two people made them only informed


class LatestDecision(NamedTuple):
    """The latest decision of one person about one purpose; a ConsentDecision has the same names."""

    student_id: UUID
    purpose: str
    party: str
    guardian_id: UUID | None
    response: str
    document_id: UUID
    decided_at: object


@dataclass(frozen=True)
class DecisionContext:
    """Everything about a locked student: the terms, who may answer, their answers, the keys."""

    student: Student
    terms: Terms
    guardians: list  # of the guardians who decide
    unconfirmed_guardians: list  # not confirmed by the school: they answer, it does not count yet
    former_deciders: set  # ids of the guardians of today kept out, or made only informed
    answers_needed: dict  # {purpose: since when a guardian's answer must be newer}
    decisions: list
    keys: dict  # {purpose: KeyState}
    key_ends: dict  # {purpose: [KeyEnding]}
    telephone_stops: set  # purposes stopped by telephone, not confirmed yet
    hidden_answers: dict  # {purpose a hidden guardian ever answered: whether other than by a yes}
    receipts_by_form: dict  # {(user id, form key): receipt id} of the forms asked about
    chain_heads: dict  # {school id: (seq, link)} of the locked chains, shared by all contexts

    @property
    def valid_decisions(self):
        """The answers that count, of the student and of today's guardians, and who decides."""
        return with_marks(self._valid, self._persons, self.student.pk)

    @property
    def _valid(self):
        return without_lone_yes(self._counted, self._persons)

    @property
    def with_lone_yes(self):
        """The same with what a hidden guardian alone agreed to; empty where the same."""
        return self._counted if len(self._counted) > len(self._valid) else []

    @property
    def _counted(self):
        current = {link.guardian_id for link in self.guardians}
        counted = [s for s in self.decisions if s.guardian_id is None or s.guardian_id in current]
        return counted_decisions(still_valid(counted, self.key_ends), self.answers_needed)

    @property
    def _persons(self):
        return deciding_persons((g.guardian_id, g.user_id, g.is_hidden) for g in self.guardians)

    @property
    def without_standing_changes(self):
        """The answers had no standing changed: a key that rests on them waits, others do not."""
        of_former = [s for s in self.decisions if s.guardian_id in self.former_deciders]
        let_in = {link.guardian_id: link.let_in_at for link in self.guardians if link.let_in_at}
        return without_standing_changes(self._valid, of_former, let_in)

    def party_of(self, user):
        """(Party, guardian id or None) in which this user decides. Raises CannotDecide."""
        if user.pk and self.student.user_id == user.pk:
            return Party.STUDENT, None
        for link in (*self.guardians, *self.unconfirmed_guardians):
            if user.pk and link.user_id == user.pk:
                return Party.GUARDIAN, link.guardian_id
        raise CannotDecide(_("この生徒について決められるのは、本人と保護者だけです。"))

    def is_waiting(self, guardian_id):
        """Whether this guardian's answers count only once the school has confirmed them."""
        return any(link.guardian_id == guardian_id for link in self.unconfirmed_guardians)

    def is_hidden(self, guardian_id):
        """Whether nobody else of the family may read that this guardian answered."""
        links = (*self.guardians, *self.unconfirmed_guardians)
        hidden = (link for link in links if link.is_hidden or link.is_unconfirmed)
        return any(link.guardian_id == guardian_id for link in hidden)

    def with_standing(self, guardian_ids, standing):
        """The context with these guardians of today at another GuardianStanding."""
        links = [link for link in self.guardians if link.guardian_id not in guardian_ids]
        former = self.former_deciders - guardian_ids
        if standing == GuardianStanding.DECIDES:
            links += [GuardianLink(self.student.pk, pk, None, standing) for pk in guardian_ids]
        else:
            former |= guardian_ids
        return replace(self, guardians=links, former_deciders=former)

    def after(self, decisions):
        """The context once these ConsentDecisions (of one person) are the latest."""
        new = {_party_and_purpose(decision) for decision in decisions}
        unchanged = [old for old in self.decisions if _party_and_purpose(old) not in new]
        return replace(self, decisions=[*unchanged, *decisions])


def load_decision_context(students, *, form_keys=()):
    """{student id: DecisionContext}; students and policies stay locked until the transaction ends.

    ``students`` are Students (any instances of them); everything is read again. ``form_keys`` are
    those of the forms that are about to append; the chains of their schools are locked as well, so
    that writers to several schools wait in one order and never deadlock.
    """
    parameters = {
        "students": sorted(student.pk for student in students),
        "municipalities": sorted({student.municipality_id for student in students}),
        "today": today(),
        "acts": ENDING_ACT_KINDS,
        "form_keys": list(form_keys),
        "genesis": GENESIS,
    }
    statements = [*CONTEXT_QUERIES]
    if form_keys:
        statements += (
            [OPEN_CHAIN_HEADS, LOCK_CHAIN_HEADS] if len(students) > 1 else [LOCK_CHAIN_HEADS]
        )
    rows = StatementBatch().fetch(*((statement, parameters) for statement in statements))
    return _build_contexts(*rows[: len(CONTEXT_QUERIES)], heads=rows[-1] if form_keys else ())


def _build_contexts(
    students,
    policies,
    documents,
    running,
    links,
    decisions,
    needed,
    keys,
    ends,
    acts,
    stops,
    hidden_answers,
    receipts,
    heads=(),
):
    ends, stops = group_key_ends(ends), group_by_student(stops)
    policies = [instance_of_row(PurposePolicy, values) for values in policies]
    heads = {school_id: (seq, link) for school_id, seq, link in heads}
    documents = [CurrentDocument(*values) for values in documents]
    running = {of for (of,) in running}
    links = [GuardianLink(*values) for values in links]
    decisions = [LatestDecision(*values) for values in decisions]
    students = [instance_of_row(Student, values) for values in students]
    terms = {
        city: with_pending_changes(
            Terms(
                policies=sorted(
                    (p for p in policies if p.municipality_id == city), key=lambda p: p.order
                ),
                documents={d.purpose: d for d in documents if d.municipality_id == city},
                in_term=city in running,
            ),
            [
                (kind, thing, ACT_PAYLOAD.from_db_value(payload, None, connection), due)
                for of, kind, thing, payload, due in acts
                if of == city
            ],
        )
        for city in {student.municipality_id for student in students}
    }
    found = {}
    for student in students:
        city = student.municipality_id
        found[student.pk] = DecisionContext(
            student=student,
            terms=terms[city],
            guardians=[link for link in links if link.student_id == student.pk and _decides(link)],
            unconfirmed_guardians=[
                t for t in links if t.student_id == student.pk and t.is_unconfirmed
            ],
            former_deciders={
                link.guardian_id
                for link in links
                if link.student_id == student.pk and _has_decided_before(link)
            },
            answers_needed={purpose: since for of, purpose, since in needed if of == student.pk},
            decisions=[s for s in decisions if s.student_id == student.pk],
            keys={purpose: KeyState(*key) for of, purpose, *key in keys if of == student.pk},
            key_ends=ends.get(student.pk, {}),
            telephone_stops=stops.get(student.pk, set()),
            hidden_answers={
                purpose: is_other for of, purpose, is_other in hidden_answers if of == student.pk
            },
            receipts_by_form={
                (user, form): pk for of, user, form, pk in receipts if of == student.pk
            },
            chain_heads=heads,
        )
    return found


def _decides(link):
    return link.standing == GuardianStanding.DECIDES


def _has_decided_before(link):
    is_kept_out = link.standing == GuardianStanding.KEPT_OUT and not link.is_unconfirmed
    return is_kept_out or link.has_stopped_deciding


def _party_and_purpose(decision):
    return decision.purpose, decision.party, decision.guardian_id
