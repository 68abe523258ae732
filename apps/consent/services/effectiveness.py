"""Applies the effectiveness rules to the database, for one student or a whole batch."""

from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Subquery

from apps.consent import effectiveness_rules
from apps.consent.agreement_validity import still_valid
from apps.consent.hidden_guardians import DecidingPerson, deciding_persons, without_lone_yes
from apps.consent.joint_custody import count_silent, with_marks
from apps.consent.key_steps import PendingEnd
from apps.consent.models import (
    AnswerNeeded,
    ConsentDecision,
    ConsentDocument,
    Party,
    Programme,
    Purpose,
    PurposePolicy,
    Response,
)
from apps.core.clock import JST, today
from apps.people.models import Guardianship, GuardianStanding, PendingAct, StandingChange
from apps.vault.services.key_ends import key_ends_of

POLICY_END, PROGRAMME_END = "policy.end", "programme.end"
POLICY_BEGIN, PROGRAMME_BEGIN = "policy.begin", "programme.begin"
STOP_DECIDING = "guardian.stop_deciding"  # makes a deciding guardian only informed
ENDING_ACT_KINDS = [POLICY_END, PROGRAMME_END]  # what these would end is not used while they wait
NOT_OFFERED = effectiveness_rules.Effectiveness(
    False, effectiveness_rules.EffectivenessReason.NOT_OFFERED
)


@dataclass(frozen=True)
class Terms:
    """A municipality's terms today: its policies, the documents in force, whether the term runs."""

    policies: list
    documents: dict
    in_term: bool
    waiting: tuple = ()  # PendingTermsChange
    on: date | None = None  # the day judged; None: today


class PendingTermsChange(NamedTuple):
    """A change that waits for its second person or its day, and the Terms once it is made."""

    terms: Terms
    due_at: datetime | None


def terms_of(municipality_id, *, on=None):
    """The Terms of a municipality, read now, to judge today or another day."""
    day = on or today()
    documents = ConsentDocument.objects.current().filter(municipality_id=municipality_id)
    terms = Terms(
        policies=list(PurposePolicy.objects.filter(municipality_id=municipality_id)),
        documents={document.purpose: document for document in documents},
        in_term=Programme.objects.filter(
            municipality_id=municipality_id, begins_on__lte=day, ends_on__gte=day
        ).exists(),
        on=on,
    )
    acts = PendingAct.objects.open().filter(municipality=municipality_id, kind__in=ENDING_ACT_KINDS)
    return with_pending_changes(terms, acts.values_list("kind", "thing_id", "payload", "due_at"))


def with_pending_changes(terms, acts):
    """The Terms, with what pending ``acts`` ((kind, thing id, payload, due)s) would change."""
    waiting = (
        PendingTermsChange(terms_after(terms, kind, thing_id, payload.get("changes", {})), due_at)
        for kind, thing_id, payload, due_at in acts
    )
    return replace(terms, waiting=tuple(waiting))


def terms_after(terms, kind, thing_id, changes):
    """The Terms as they are once an act's ``changes`` ({field: value as stored}) are made."""
    if kind in (PROGRAMME_END, PROGRAMME_BEGIN):
        begins, ends = (date.fromisoformat(changes[name]) for name in ("begins_on", "ends_on"))
        return replace(terms, in_term=begins <= (terms.on or today()) <= ends)
    policies = [
        copy_with_changes(policy, changes) if str(policy.pk) == thing_id else policy
        for policy in terms.policies
    ]
    return replace(terms, policies=policies)


def copy_with_changes(row, changes):
    """An unsaved copy of a row with ``changes`` ({field: value as stored}) made."""
    copied = copy(row)
    copied._state = copy(row._state)
    for name, value in changes.items():
        field = row._meta.get_field(name)
        setattr(copied, field.attname, field.to_python(value))
    return copied


def latest_decisions(students):
    """{student id: the latest decisions of everybody who may still answer about them}.

    These are the student and the current guardians; former guardians do not count, nor does a yes
    that the end of a key has undone (apps.consent.agreement_validity), nor one that waits because
    its guardian must stay unknown (apps.consent.hidden_guardians).
    """
    return {pk: sets.decisions for pk, sets in latest_decision_sets(students).items()}


class DecisionSets(NamedTuple):
    """The latest decisions about a student, and those on which a key may rest that then waits.

    ``without_standing_changes`` are the decisions had no guardian's standing changed,
    ``with_lone_yes`` those with what a hidden guardian alone agreed to; empty where the same.
    """

    decisions: list
    without_standing_changes: list
    with_lone_yes: list
    persons: tuple[DecidingPerson, ...]  # who decide


def latest_decision_sets(students):
    """{student id: DecisionSets}."""
    ids = [student.pk for student in students]
    guardianships = Guardianship.objects.named().filter(student__in=ids)
    standing_of, let_in, deciding = {}, {pk: {} for pk in ids}, {pk: [] for pk in ids}
    former = set()  # (student, guardian): what they said counts no more
    for guardianship in guardianships.annotate(
        let_in_at=_let_in_at(), account=F("guardian__user"), has_stopped=_has_stopped_deciding()
    ):
        if guardianship.standing == GuardianStanding.DECIDES:
            deciding[guardianship.student_id].append(
                (guardianship.guardian_id, guardianship.account, guardianship.must_stay_unknown)
            )
        if not guardianship.is_unconfirmed:  # nothing has ever rested on their answers
            standing_of[guardianship.student_id, guardianship.guardian_id] = guardianship.standing
            if guardianship.standing == GuardianStanding.KEPT_OUT or guardianship.has_stopped:
                former.add((guardianship.student_id, guardianship.guardian_id))
        if guardianship.let_in_at and guardianship.standing == GuardianStanding.DECIDES:
            let_in[guardianship.student_id][guardianship.guardian_id] = guardianship.let_in_at
    found, of_former = {pk: [] for pk in ids}, {pk: [] for pk in ids}
    for decision in ConsentDecision.objects.filter(student__in=ids).latest():
        standing = standing_of.get((decision.student_id, decision.guardian_id))
        if decision.guardian_id is None or standing == GuardianStanding.DECIDES:
            found[decision.student_id].append(decision)
        elif (decision.student_id, decision.guardian_id) in former:
            of_former[decision.student_id].append(decision)
    needed, ends = _answers_needed(ids), key_ends_of(ids)
    valid = {pk: still_valid(latest, ends.get(pk, {})) for pk, latest in found.items()}
    counted = {pk: counted_decisions(latest, needed[pk]) for pk, latest in valid.items()}
    persons = {pk: deciding_persons(deciding[pk]) for pk in ids}
    decisions = {pk: without_lone_yes(counted[pk], persons[pk]) for pk in ids}
    return {
        pk: DecisionSets(
            with_marks(decisions[pk], persons[pk], pk),
            without_standing_changes(decisions[pk], of_former[pk], let_in[pk]),
            counted[pk] if len(counted[pk]) > len(decisions[pk]) else [],
            persons[pk],
        )
        for pk in ids
    }


def _let_in_at():
    last = StandingChange.objects.filter(
        guardian=OuterRef("guardian"), student=OuterRef("student"),
        standing=GuardianStanding.DECIDES,
    )  # fmt: skip
    return Subquery(last.order_by("-changed_at").values("changed_at")[:1])


def _has_stopped_deciding():
    acts = StandingChange.objects.filter(
        guardian=OuterRef("guardian"), student=OuterRef("student"), act__kind=STOP_DECIDING
    )
    return Exists(acts)


def without_standing_changes(decisions, of_former, let_in):
    """The decisions had no guardian's standing changed; empty where that is the same.

    With the decisions of guardians who are kept out or decide no more, and without refusals by a guardian let in
    again ({id: when}) from before that: these end nothing by themselves, the guardian has to repeat
    them.
    """
    old = [
        decision for decision in decisions if _is_old_no(decision, let_in.get(decision.guardian_id))
    ]
    if not old and not of_former:
        return []
    return [*(decision for decision in decisions if decision not in old), *of_former]


def _is_old_no(decision, let_in_at):
    return (
        let_in_at is not None
        and decision.response != Response.GIVEN
        and decision.decided_at <= let_in_at
    )


def _answers_needed(student_ids):
    """{student id: {purpose: since when a guardian's answer must be newer}}."""
    found = {pk: {} for pk in student_ids}
    rows = AnswerNeeded.objects.filter(student__in=student_ids)
    for student_id, purpose, since in rows.values_list("student_id", "purpose", "since"):
        found[student_id][purpose] = since
    return found


def counted_decisions(decisions, needed):
    """Those of the latest decisions that count: without a guardian's yes that must be renewed."""
    return [
        decision
        for decision in decisions
        if decision.guardian_id is None
        or decision.response != Response.GIVEN
        or decision.purpose not in needed
        or decision.decided_at > needed[decision.purpose]
    ]


def agreed_purposes(terms, student, decisions):
    """The purposes to which everybody who must has agreed, whether or not they run today."""
    anytime = {"is_offered": True, "begins_on": None, "ends_on": None}
    policies = [copy_with_changes(policy, anytime) for policy in terms.policies]
    terms = replace(terms, policies=policies, in_term=True)
    return effective_purposes(terms, copy_with_changes(student, {"left_at": None}), decisions)


def effectiveness_by_purpose(terms, student, decisions):
    """{purpose: Effectiveness} for every purpose; without a policy it is not offered."""
    found = {
        policy.purpose: _effectiveness(policy, terms, student, decisions)
        for policy in terms.policies
    }
    return {purpose: found.get(purpose, NOT_OFFERED) for purpose in Purpose.values}


def effective_purposes(terms, student, decisions):
    """The purposes that are effective for a student."""
    found = effectiveness_by_purpose(terms, student, decisions)
    return {purpose for purpose, standing in found.items() if standing.is_effective}


def pending_ends(terms, student, decisions):
    """{purpose: PendingEnd} of what a pending change would end for this student."""
    found = {}
    for change in terms.waiting:
        for purpose, standing in effectiveness_by_purpose(change.terms, student, decisions).items():
            if not standing.is_effective:
                found.setdefault(purpose, []).append(change.due_at)
    return {p: PendingEnd(min(filter(None, dues), default=None)) for p, dues in found.items()}


def was_reworded(terms, decisions, purpose):
    """Whether somebody agreed to an earlier version of this purpose and has not answered the new
    one.
    """
    document = terms.documents.get(purpose)
    return document is not None and any(
        decision.purpose == purpose
        and decision.response == Response.GIVEN
        and decision.document_id != document.pk
        for decision in decisions
    )


def decides_alone_since(terms, student):
    """The day from which this student decides alone by a policy or document; None: never."""
    return student.reaches_age_on(terms.alone_from_age) if terms.alone_from_age else None


def decides_alone(policy, student):
    """Whether nobody but the student is asked about this purpose any more."""
    since = decides_alone_since(policy, student)
    return since is not None and since <= today()


def _effectiveness(policy, terms, student, decisions):
    """The Effectiveness by the policy; what is effective must be so by the document agreed to as
    well.
    """
    found = _effectiveness_by(policy, policy, terms, student, decisions)
    document = terms.documents.get(policy.purpose)
    if found.is_effective and _who_decides(document) != _who_decides(policy):
        return _effectiveness_by(document, policy, terms, student, decisions)
    return found


def _who_decides(terms):
    return terms.decider, terms.alone_from_age


def _effectiveness_by(asks, policy, terms, student, decisions):
    """The Effectiveness where ``asks`` (the policy or its document) says who decides."""
    document, since = terms.documents.get(policy.purpose), decides_alone_since(asks, student)
    answers = [
        (
            decision.party,
            effectiveness_rules.PartyAnswer(
                decision.response,
                decision.document_id == document.pk,
                since is not None and decision.decided_at.astimezone(JST).date() >= since,
            ),
        )
        for decision in decisions
        if document is not None and decision.purpose == policy.purpose
    ]
    silent = count_silent(decisions, policy.purpose) if policy.asks_all_guardians else 0
    return effectiveness_rules.effectiveness(
        decider=asks.decider,
        guardians=[answer for party, answer in answers if party == Party.GUARDIAN],
        n_silent=silent,
        student=next((answer for party, answer in answers if party == Party.STUDENT), None),
        is_offered=policy.is_offered and document is not None,
        in_term=terms.in_term and _in_own_term(policy, terms.on or today()),
        is_enrolled=student.is_enrolled,
        decides_alone=decides_alone(asks, student),
    )


def _in_own_term(policy, day):
    begun = policy.begins_on is None or policy.begins_on <= day
    return begun and (policy.ends_on is None or policy.ends_on >= day)
