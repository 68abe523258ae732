"""The purposes that a guardian may request about a student now."""

from dataclasses import dataclass

from apps.consent.models import ConsentDocument, Party, PurposePolicy
from apps.consent.services.purpose_status import (
    CannotDecide,
    is_effective,
    party_of,
    statuses_for,
    students_known_to,
)
from apps.core.clock import today
from apps.linkage.retention import kept_until
from apps.linkage.self_info_facts import PURPOSES
from apps.people.models import Guardianship
from apps.selfinfo.reduction import requested_items
from apps.selfinfo.services.endpoints import codes_by_purpose, configured_endpoint
from apps.vault.models import SubjectKey
from apps.vault.services.key_pauses import is_paused

PURPOSE_PAUSED = "止めている利用目的があります。あとでもう一度たしかめます。"


@dataclass(frozen=True)
class Offer:
    """One purpose on the page: whether this guardian may ask for it, and for which items.

    Whether the child agrees too is not shown beforehand: where not, the request is refused.
    """

    purpose: str
    agrees: bool  # the guardian
    document: ConsentDocument | None
    items: tuple
    until: object

    @property
    def is_askable(self):
        return self.agrees and bool(self.items)


def students_for_guardian(user):
    """The students for whom this person is a guardian who decides today; not the student's own account."""
    deciding = Guardianship.objects.deciding().filter(guardian__user=user.pk)
    return students_known_to(user).filter(pk__in=deciding.values("student")).exclude(user=user.pk)


def offers_for(student, user):
    """The Offers about a student to a guardian, in the policy's order; [] to anybody else."""
    try:
        if party_of(user, student)[0] != Party.GUARDIAN:
            return []
    except CannotDecide:
        return []
    where = configured_endpoint()
    codes = codes_by_purpose(student.municipality_id, is_trial=where.is_trial) if where else {}
    return [
        _offer(state, codes.get(state.purpose, {}))
        for state in statuses_for(student, user)
        if state.purpose in PURPOSES and state.may_decide and state.document
    ]


def purposes_in_use(student, purposes):
    """Those of the purposes under which something may be received now, in their order."""
    return [
        purpose for purpose in PURPOSES if purpose in purposes and is_effective(student, purpose)
    ]


def _offer(state, codes):
    return Offer(
        state.purpose,
        state.agrees,
        state.document,
        requested_items(codes.values()),
        retention_end(state.policy),
    )


def retention_end(policy):
    """The last day on which facts stored today would be kept, by a PurposePolicy."""
    return max(kept_until(today(), policy.kept_days), today())


def session_policy(session, purpose):
    return PurposePolicy.objects.get(municipality=session.municipality_id, purpose=purpose)


def refusal_reason(session):
    """Why nothing may be requested any more ("" where something may): a reason code."""
    still = Guardianship.objects.deciding().filter(
        student=session.student_id, guardian=session.guardian_id
    )
    if not still.exists():
        return "not_guardian"
    return "" if purposes_with_key(session) else "withdrawn"


def purposes_with_key(session):
    """Those of a session's purposes that have a key now, in use or paused, in their order."""
    keys = SubjectKey.objects.filter(student=session.student_id, purpose__in=session.purposes)
    held = set(keys.values_list("purpose", flat=True))
    return [purpose for purpose in PURPOSES if purpose in held]


def has_paused_purpose(session):
    """Whether one of the requested purposes is paused: the session waits meanwhile."""
    return any(is_paused(session.student_id, purpose) for purpose in purposes_with_key(session))
