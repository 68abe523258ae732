"""The state of each purpose, who may decide about whom, and who may read what."""

from dataclasses import dataclass

from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.consent.effectiveness_rules import Effectiveness, EffectivenessReason
from apps.consent.models import (
    Channel,
    ConsentDecision,
    ConsentDocument,
    ConsentReceipt,
    DocumentDisplay,
    Party,
    PurposePolicy,
    Response,
)
from apps.consent.retention import oldest_day_kept
from apps.consent.services.effectiveness import (
    decides_alone,
    effectiveness_by_purpose,
    latest_decision_sets,
    latest_decisions,
    pending_ends,
    terms_of,
)
from apps.consent.services.guardian_visibility import as_seen_by_guardian
from apps.core.clock import today
from apps.people.models import GuardianOrigin, Guardianship, GuardianStanding, Student
from apps.people.permissions import students_kept_from, students_where
from apps.vault.models import SubjectKey
from apps.vault.services.damage_reports import damaged_purposes
from apps.vault.services.key_pauses import KeyPause, pauses_of

UNDECIDED_RESPONSES = (Response.LATER, Response.UNSURE)


class CannotDecide(Exception):
    """The decision cannot be taken; the message is a sentence for the person."""


PAUSED_BY_CITY = {
    EffectivenessReason.EFFECTIVE,
    EffectivenessReason.NOT_OFFERED,
    EffectivenessReason.OUT_OF_TERM,
}  # while its key is paused


@dataclass(frozen=True)
class PurposeStatus:
    """One purpose of one student as a page shows it."""

    policy: PurposePolicy
    document: ConsentDocument | None  # the current document
    effectiveness: Effectiveness
    own_decision: ConsentDecision | None  # the viewer's latest response, if any
    is_outdated: bool  # the document changed since the viewer answered
    may_decide: bool = True  # the viewer is one of those who decide
    pause: KeyPause | None = None  # nothing is read or stored under it now
    is_damaged: bool = False  # its key cannot be used; agreeing again makes another

    @property
    def purpose(self):
        return self.policy.purpose

    @property
    def is_paused_by_city(self):
        """Whether a change by the city pauses it: nobody in the family ended it."""
        return self.pause is not None and self.effectiveness.why in PAUSED_BY_CITY

    @property
    def why(self):
        """The state, a key of apps.consent.words.EFFECTIVENESS: what is paused is not in use."""
        return (
            EffectivenessReason.PAUSED
            if self.pause and self.effectiveness.is_effective
            else self.effectiveness.why
        )

    @property
    def is_answered(self):
        """Whether the viewer has answered (anything but "later") to the current document."""
        answered = (
            self.own_decision is not None and self.own_decision.response not in UNDECIDED_RESPONSES
        )
        return (
            answered
            and not self.is_outdated
            and self.effectiveness.why != EffectivenessReason.WAITING_ALONE
        )

    @property
    def agrees(self):
        """Whether the viewer's own answer, to the current document, is yes."""
        gave = self.own_decision is not None and self.own_decision.response == Response.GIVEN
        return self.may_decide and gave and not self.is_outdated

    @property
    def is_open(self):
        """Whether the viewer is asked: there is a document, and no answer to it yet."""
        return self.may_decide and self.document is not None and not self.is_answered

    @property
    def may_withdraw(self):
        """Whether the viewer has something to withdraw: an agreement, or a link in use."""
        gave = self.own_decision is not None and self.own_decision.response == Response.GIVEN
        return (
            self.may_decide
            and self.document is not None
            and (gave or self.effectiveness.is_effective)
        )


def statuses_for(student, viewer):
    """The PurposeStatuses of a student, in the policy's order, as ``viewer`` (a user) sees them.

    A guardian sees nothing of a purpose that the student decides alone, and of the others their own
    answer, never the state from which the child's would follow. Raises CannotDecide for anybody who
    is neither the student nor a current guardian.
    """
    party, guardian = party_of(viewer, student)
    may_decide = party == Party.STUDENT or decides_about(viewer, student)
    return _states(student, party, guardian, may_decide=may_decide)


def statuses_for_guardian(student, guardian):
    """The PurposeStatuses of a student as this guardian would see them, account or not."""
    deciding = Guardianship.objects.deciding().filter(student=student, guardian=guardian)
    return _states(student, Party.GUARDIAN, guardian, may_decide=deciding.exists())


def _states(student, party, guardian, *, may_decide):
    terms = terms_of(student.municipality_id)
    sets = latest_decision_sets([student])[student.pk]
    latest = sets.with_lone_yes or sets.decisions
    found = effectiveness_by_purpose(terms, student, sets.decisions)
    pauses, damaged = {}, set()
    if guardian is None:
        pauses = _pauses(student, found, pending_ends(terms, student, sets.decisions))
        damaged = damaged_purposes(student.pk)
    else:  # whether there is a key tells the child's answer
        found = as_seen_by_guardian(found)
    own_decisions = {
        decision.purpose: decision
        for decision in latest
        if decision.party == party and decision.guardian_id == (guardian.pk if guardian else None)
    }
    return [
        _state(
            policy,
            terms.documents.get(policy.purpose),
            found,
            own_decisions.get(policy.purpose),
            pauses.get(policy.purpose),
            policy.purpose in damaged,
            may_decide,
        )
        for policy in terms.policies
        if policy.is_offered and (party == Party.STUDENT or not decides_alone(policy, student))
    ]


def _pauses(student, found, waiting):
    """{purpose: KeyPause} of what is paused, or has no key yet because a change or the share store
    is waited for.
    """
    has_key = SubjectKey.objects.filter(student=student).values_list("purpose", flat=True)
    keyless = {p for p, effectiveness in found.items() if effectiveness.is_effective} - set(has_key)
    held_back = {
        purpose: KeyPause(None, hold.due_at)
        for purpose, hold in waiting.items()
        if found[purpose].is_effective
    }
    paused = pauses_of([student.pk])
    return (
        dict.fromkeys(keyless, KeyPause(None, None))
        | held_back
        | {purpose: pause for (_, purpose), pause in paused.items()}
    )


def _state(policy, document, found, own_decision, pause, is_damaged, may_decide):
    is_outdated = (
        own_decision is not None
        and document is not None
        and own_decision.document_id != document.pk
    )
    effectiveness = found[policy.purpose]
    return PurposeStatus(
        policy,
        document,
        effectiveness,
        own_decision,
        is_outdated and may_decide,
        may_decide,
        pause,
        is_damaged,
    )


def current_documents(municipality_id):
    """{purpose: the ConsentDocument now in force}."""
    found = ConsentDocument.objects.current().filter(municipality_id=municipality_id)
    return {document.purpose: document for document in found}


def documents_in_force(municipality):
    """The current documents of a municipality's offered purposes, in the policy's order."""
    offered = PurposePolicy.objects.offered().filter(municipality=municipality)
    current = current_documents(municipality.pk)
    return [current[policy.purpose] for policy in offered if policy.purpose in current]


def oldest_days_kept(purpose):
    """{municipality id: the earliest date whose facts of this purpose are still kept today}."""
    policies = PurposePolicy.objects.filter(purpose=purpose)
    return {
        municipality_id: oldest_day_kept(today(), days)
        for municipality_id, days in policies.values_list("municipality_id", "kept_days")
    }


def with_paused_count(policies):
    """PurposePolicies (a queryset) with ``n_paused``: for how many students the key is paused."""
    keys = SubjectKey.objects.paused().filter(
        municipality=OuterRef("municipality"), purpose=OuterRef("purpose")
    )
    count = keys.order_by().values("purpose").annotate(n=Count("pk")).values("n")
    return policies.annotate(n_paused=Coalesce(Subquery(count), 0))


def is_effective(student, purpose):
    """Whether the purpose is in use now: whether it has a key that is not paused."""
    return SubjectKey.objects.in_use().filter(student=student, purpose=purpose).exists()


def is_paused_by_city(student, purpose):
    """Whether a change by the city pauses the purpose: nobody in the family ended it.

    Nothing under it is deleted yet.
    """
    terms = terms_of(student.municipality_id)
    latest = latest_decisions([student])[student.pk]
    found = effectiveness_by_purpose(terms, student, latest)
    is_paused = purpose in _pauses(student, found, pending_ends(terms, student, latest))
    return is_paused and found[purpose].why in PAUSED_BY_CITY


def party_of(user, student):
    """(Party, Guardian or None) as which this user may know of the student: deciding or informed.

    Whether a guardian's answers count is ``decides_about``. Of several guardianships of one account
    the deciding one comes first. Raises CannotDecide for anybody who is neither the student nor a
    current guardian.
    """
    if user.pk and student.user_id == user.pk:
        return Party.STUDENT, None
    guardianship = (
        Guardianship.objects.current()
        .filter(student=student, guardian__user=user.pk)
        .select_related("guardian")
        .order_by(Case(When(standing=GuardianStanding.DECIDES, then=0), default=1), "pk")
        .first()
    )
    if guardianship is None:
        raise CannotDecide(_("この生徒について決められるのは、本人と保護者だけです。"))
    return Party.GUARDIAN, guardianship.guardian


def decides_about(user, student):
    """Whether this user is a guardian of the student whose answers count (not only informed)."""
    return Guardianship.objects.deciding().filter(student=student, guardian__user=user.pk).exists()


def students_known_to(user):
    """The students of whom this user may know: themselves, or the children in their care.

    Guardians who are only informed are included: whether their answers count is ``decides_about``.
    Staff see students by their posts elsewhere; nobody decides by a post.
    """
    in_care = Guardianship.objects.current().filter(guardian__user=user.pk)
    return Student.objects.filter(Q(user=user.pk) | Q(pk__in=in_care.values("student_id")))


def siblings_with_same_questions(student, user, purposes):
    """The other children of this guardian who are asked the same purposes by the same documents.

    A queryset; empty for a student, where nothing was answered yet, and for a child whose guardian
    the school has not confirmed, or only informs.
    """
    others = students_known_to(user).exclude(pk=student.pk)
    if not purposes or student.user_id == user.pk or not decides_about(user, student):
        return others.none()
    others = others.filter(municipality=student.municipality_id, left_at=None)
    asked_ids = [other.pk for other in others if _asks_all(other, user, purposes)]
    return others.filter(pk__in=asked_ids)


def _asks_all(student, user, purposes):
    open_ones = {state.purpose for state in statuses_for(student, user) if state.is_open}
    return set(purposes) <= open_ones


def receipts_readable_by(user):
    """Receipts for the person who decided, and a guardian's also for the other current guardians.

    Not for staff who confirmed a paper or a call: what they read are ``records_visible_to``. The
    student's answers are the student's to show, and a guardian's are not read by the student. A
    guardian who is kept out reads only their own, like a former guardian. Of a guardian who came by
    a letter, others learn at most that they answered.
    """
    in_care = Guardianship.objects.current().filter(guardian__user=user.pk)
    of_others = Q(party=Party.GUARDIAN, student__in=in_care.values("student_id"))
    hidden = Guardianship.objects.filter(
        student=OuterRef("student"), guardian=OuterRef("guardian"), must_stay_unknown=True
    )
    of_others &= ~Q(student__in=students_kept_from(user)) & ~Exists(hidden)
    of_others &= ~Q(guardian__origin=GuardianOrigin.LETTER)
    own = Q(guardian__user=user.pk) | Q(decided_by=user.pk, channel=Channel.WEB)
    readable = ConsentReceipt.objects.filter(own | of_others)
    return readable.select_related("student", "municipality")


def records_visible_to(user, records):
    """Those of ``records`` (receipts, decisions, displays) a member of staff may read.

    About the students their posts cover; all of the municipality for its privacy officer.
    """
    return records.filter(students_where(user, "consent.view", "student__"))


def receipt_for_form_key(user, student, form_key):
    """The receipt this form has already given, or None."""
    return ConsentReceipt.objects.filter(
        decided_by=user, student=student, form_key=form_key
    ).first()


def record_shown_documents(documents, student, user):
    """Record that these documents were on this person's screen (once each)."""
    on_screen = {"municipality_id": student.municipality_id, "student": student, "user": user}
    DocumentDisplay.objects.bulk_create(
        (DocumentDisplay(document=document, **on_screen) for document in documents),
        ignore_conflicts=True,
    )
