"""Registrations of guardians with a letter, decided by the school, never by the letter alone.

A letter's holder is not yet the guardian: staff print letters. Until the school has evidence from
another channel, and somebody who did not make the letter confirms, the account sees nothing of a
child and decides nothing. ``admit_confirmed`` is the only function that gives access; proof by the
My Number card could use it too.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_many
from apps.core import clock
from apps.people.models import Guardian, Guardianship, GuardianStanding, Role, Student, User
from apps.people.services import guardian_standings
from apps.registration.confirmation_rules import (
    SUFFICIENT_EVIDENCE,
    requires_lead,
    standing_when_confirmed,
)
from apps.registration.models import (
    EvidenceKind,
    GuardianRegistration,
    InvitationLetter,
    RegistrationConfirmation,
    RegistrationState,
)
from apps.registration.services.confirmation_queue import NOT_OPEN, deciding_roles, why_not_decide
from apps.registration.services.evidence import NO_CALL_BACK, append_evidence
from apps.registration.services.registration_contexts import (
    RegistrationContext,
    load_contexts,
    with_related_rows,
)
from apps.registration.services.registration_endings import (
    end_registrations,
    lapse,
    unconfirmed_guardianships_of,
)

# one of the two confirmations, where somebody is kept out from the child
LEAD_ROLES = {Role.PRINCIPAL, Role.CITY}

CHANGED_MEANWHILE = (
    "この画面を開いたあとに変わりました。まだ何もしていません。もう一度見てください。"
)
ONE_OF_LEADS = "この登録は、二人のうち一人が、管理職か市の担当者です。その人が確かめてください。"
NO_EVIDENCE = (
    "手紙のほかの道(もどった控え・学校が前から持つ番号への電話・面会)で確かめたことを、"
    "先に記録してください。名前が合うだけでは確かめられません。"
)
SWITCHED_OFF = "この保護者は、名簿で止められているか、名簿にいません。"
HAS_ACCOUNT = "この保護者には、もうほかのアカウントがあります。"


class CannotConfirm(Exception):
    """The decision about a registration is refused; the message is for the member of staff."""


@dataclass
class DecisionResults:
    """The results of a decision about several registrations; each is independent."""

    # decided; counted but another confirmation is needed; (refused, why in a sentence)
    done: list[RegistrationContext] = field(default_factory=list)
    awaiting_second: list[RegistrationContext] = field(default_factory=list)
    refused: list[tuple[RegistrationContext, str]] = field(default_factory=list)


def create_registration(
    guardian: Guardian,
    user: User,
    letter: InvitationLetter,
    *,
    tells_others: bool,
    has_secret: bool = False,
    safe_contact: str = "",
    staff_on_device: Iterable[UUID] = (),
) -> GuardianRegistration:
    """Create the registration for a guardian's own letter, in the transaction that uses it up.

    Two people must confirm where the newcomer does not want the other guardian told, or states that
    somebody must not know.
    """
    lapse(GuardianRegistration.objects.overdue().filter(guardian=guardian))
    return GuardianRegistration.objects.create(
        municipality_id=guardian.municipality_id, guardian=guardian, user=user, invitation=letter,
        school=_school_of(letter), registered_at=clock.now(),
        tells_others=tells_others and not has_secret, has_secret=has_secret,
        safe_contact=safe_contact if has_secret else "", staff_on_device=list(staff_on_device),
    )  # fmt: skip


def children_visible_to(registration: GuardianRegistration, user: User) -> list[Student]:
    """The newcomer's children this person may know of here: never those of other schools."""
    return load_context(registration, user).visible_children(user)


def page_token_of(registration: GuardianRegistration, user: User) -> str:
    """A short token of the registration as this person's page shows it."""
    return load_context(registration, user).page_token_for(user)


def load_context(registration: GuardianRegistration, user: User) -> RegistrationContext:
    """The RegistrationContext of one registration, as it is stored now."""
    (found,) = load_contexts(
        list(with_related_rows(GuardianRegistration.objects.filter(pk=registration.pk))), user
    )
    return found


def confirm_registration(
    registration: GuardianRegistration,
    *,
    by: User,
    page_token: str,
    kind: str = "",
    document_number: str = "",
) -> GuardianRegistration:
    """Confirm that the guardian is who registered; with enough confirmations they are admitted.

    ``page_token`` is the token from ``page_token_of``. Raises CannotConfirm.
    """
    found = confirm_registrations(
        {registration.pk: page_token}, by=by, kind=kind, document_number=document_number
    )
    return _only_one(found)


@transaction.atomic
def confirm_registrations(
    ticks: dict[UUID, str], *, by: User, kind: str = "", document_number: str = ""
) -> DecisionResults:
    """Confirm several ({id: page token}); ``kind`` is the EvidenceKind of all of them.

    The number of statements is constant.
    """
    found, ok = DecisionResults(), []
    for context in _locked(ticks, by):
        why = _why_refused(context, by, ticks) or _why_not_confirmed(context, by, kind)
        if why:
            found.refused.append((context, why))
        else:
            ok.append(context)
    guardians = _lock_guardians(ok)
    came = defaultdict(list)  # {student id: [registrations of this batch that were admitted]}
    for context in ok:
        context.facts = _facts_after(context, came)
        if len(context.confirmed_by_role) + 1 < context.n_needed:
            found.awaiting_second.append(context)
        elif why := _why_not_admitted(context, guardians[context.registration.guardian_id]):
            found.refused.append((context, why))
        else:
            if kind == EvidenceKind.DOCUMENT:  # what the last one saw counts too
                context.facts = replace(context.facts, has_document=True)
            found.done.append(context)
            for child in context.children:
                came[child.pk].append(context.registration)
    confirmed = [*found.done, *found.awaiting_second]
    append_evidence(confirmed, kind, by=by, document_number=document_number)
    _record_confirmations(confirmed, by)
    admit_confirmed(found.done)
    return found


@transaction.atomic
def refuse_registration(
    registration: GuardianRegistration, *, by: User, page_token: str
) -> GuardianRegistration:
    """Refuse: it was somebody else, and the account is linked to nobody. Raises CannotConfirm."""
    return _only_one(refuse_registrations({registration.pk: page_token}, by=by))


@transaction.atomic
def refuse_registrations(ticks: dict[UUID, str], *, by: User) -> DecisionResults:
    """Refuse several ({id: page token})."""
    found = DecisionResults()
    for context in _locked(ticks, by):
        if why := _why_refused(context, by, ticks):
            found.refused.append((context, why))
        else:
            found.done.append(context)
    ids = [context.registration.pk for context in found.done]
    end_registrations(ids, RegistrationState.REFUSED, refused_by=by)
    _record(Action.REGISTRATION_REFUSED, found.done, by)
    return found


def admit_confirmed(contexts: list[RegistrationContext]) -> None:
    """Admit these newcomers, in the caller's transaction; keys are reconciled soon after.

    With their own letter they become the guardian named by the roster; with a child letter their
    relation to the child decides whether they may decide or are informed.
    """
    if not contexts:
        return
    ids = [context.registration.pk for context in contexts]
    by_roster = [
        each.registration.guardian_id for each in contexts if each.registration.student_id is None
    ]
    if by_roster:
        came = GuardianRegistration.objects.filter(pk__in=ids, guardian=OuterRef("pk"))
        Guardian.objects.filter(pk__in=by_roster).update(user=Subquery(came.values("user")[:1]))
        secret = [
            each.registration.guardian_id for each in contexts if each.registration.has_secret
        ]
        of_secret = Guardianship.objects.current().filter(guardian__in=secret)
        of_secret.filter(guardian__in=by_roster).update(must_stay_unknown=True)
    for value in (GuardianStanding.DECIDES, GuardianStanding.INFORMED):
        of_value = [
            each for each in contexts if each.registration.student_id and _after(each) == value
        ]
        if of_value:
            waiting = unconfirmed_guardianships_of(
                [each.registration.pk for each in of_value]
            ).waiting()
            waiting.update(standing=value)
    end_registrations(ids, RegistrationState.CONFIRMED)
    clock.wake_worker("consent.reconcile_all")


# -- helpers -----------------------------------------------------------------------------------


def _only_one(found):
    """The registration of a decision about one. Raises CannotConfirm."""
    for _, why in found.refused:
        raise CannotConfirm(why)
    for context in (*found.done, *found.awaiting_second):
        context.registration.refresh_from_db()
        return context.registration
    raise CannotConfirm(NOT_OPEN)


def _locked(ticks, by):
    """Present contexts of these registrations, locked after children, guardianships and guardians.

    The children first: one decision at a time counts how many guardians a child has.
    """
    named = GuardianRegistration.objects.filter(pk__in=ticks)
    of_guardians = Guardianship.objects.filter(guardian__in=named.values("guardian"))
    children = Student.objects.filter(pk__in=of_guardians.values("student")).order_by("pk")
    list(children.select_for_update(no_key=True).values_list("pk"))
    pairs = list(named.values_list("guardian_id", "user_id"))
    guardian_standings.lock_guardianships_of_many(
        [of for of, _ in pairs], [user for _, user in pairs]
    )
    guardians = Guardian.objects.filter(pk__in=[of for of, _ in pairs]).order_by("pk")
    list(guardians.select_for_update(no_key=True).values_list("pk"))
    list(named.order_by("pk").select_for_update().values_list("pk"))
    return load_contexts(list(with_related_rows(named).order_by("registered_at", "pk")), by)


def _lock_guardians(contexts):
    return Guardian.objects.in_bulk([context.registration.guardian_id for context in contexts])


def _why_refused(context, by, ticks):
    return why_not_decide(context, by) or (
        "" if context.page_token_for(by) == ticks[context.registration.pk] else CHANGED_MEANWHILE
    )


def _why_not_confirmed(context, by, kind):
    """Why this person's confirmation of the newcomer is refused (for now); "" where it counts."""
    if kind == EvidenceKind.CALL_BACK and context.facts.has_secret:
        return NO_CALL_BACK
    if kind not in SUFFICIENT_EVIDENCE and not context.has_evidence:
        return NO_EVIDENCE
    is_last = len(context.confirmed_by_role) + 1 >= context.n_needed
    roles = {role for _, role in context.confirmed_by_role} | set(deciding_roles(context, by)[:1])
    return (
        ONE_OF_LEADS if is_last and requires_lead(context.facts) and not roles & LEAD_ROLES else ""
    )


def _facts_after(context, came):
    """The NewcomerFacts of one of a batch, once those admitted before it are guardians too."""
    account = context.registration.user_id
    before = [registration for child in context.children for registration in came[child.pk]]
    others = [registration for registration in before if registration.user_id != account]
    names = guardian_standings.guardian_names(context.registration.guardian)
    return replace(
        context.facts,
        n_confirmed=context.facts.n_confirmed + len({each.user_id for each in others}),
        name_has_account=context.facts.name_has_account
        or any(names & guardian_standings.guardian_names(each.guardian) for each in others),
    )


def _why_not_admitted(context, guardian):
    if not guardian.is_enabled or guardian.left_at is not None:
        return SWITCHED_OFF
    return "" if guardian.user_id in (None, context.registration.user_id) else HAS_ACCOUNT


def _record_confirmations(contexts, by):
    now = clock.now()
    RegistrationConfirmation.objects.bulk_create(
        RegistrationConfirmation(
            municipality_id=context.registration.municipality_id, registration=context.registration, confirmed_by=by,
            confirmed_role=deciding_roles(context, by)[0], confirmed_at=now,
        )
        for context in contexts
    )  # fmt: skip
    _record(Action.REGISTRATION_CONFIRMED, contexts, by)


def _after(context):
    facts = context.facts
    return standing_when_confirmed(facts.relation, has_document=facts.has_document)


def _school_of(letter):
    if letter.student is not None:
        return letter.student.school
    if letter.school_class is not None:
        return letter.school_class.school
    guardianships = (
        Guardianship.objects.current().filter(guardian=letter.guardian_id).order_by("pk")
    )
    first = guardianships.select_related("student__school").first()
    return first.student.school if first else None


def _record(action, contexts, by):
    record_many(
        {
            "action": action, "actor": by, "role": deciding_roles(context, by)[0], "subject_id": child.pk,
            "thing": context.registration, "municipality_id": context.registration.municipality_id,
            "fields": ["state"], "audience": Audience.PROTECTIVE,
        }
        for context in contexts
        for child in context.visible_children(by)
    )  # fmt: skip
