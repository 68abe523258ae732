"""Evidence about a newcomer from a channel other than the letter, and who recorded it."""

from uuid import UUID

from django.db import transaction

from apps.core import clock
from apps.people.models import User
from apps.people.permissions import posts_with
from apps.people.post_scope import post_includes_place
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    children_of_person,
)
from apps.registration.models import EvidenceKind, GuardianRegistration, RegistrationEvidence
from apps.registration.services.confirmation_queue import (
    OWN_NAME,
    why_not_involved,
)
from apps.registration.services.name_comparison import has_name_of
from apps.registration.services.registration_contexts import (
    VERB,
    VOUCH,
    RegistrationContext,
    load_contexts,
    with_related_rows,
)

MAX_NUMBER_LENGTH = 60  # characters of a document's number
NOT_BY_MAKER = "手紙を作った人・印刷した人のほかの人が記録します。"
NOT_HERE = "この登録について記録する立場ではありません。"
NO_CALL_BACK = "知られては困る人がいる保護者には、家にある番号に電話しません。会って確かめるか、控えを使ってください。"
NO_NUMBER = f"書類の番号を、{MAX_NUMBER_LENGTH}字までで書いてください。"


class CannotRecord(Exception):
    """The evidence is not recorded; the message is for the member of staff."""


@transaction.atomic
def record_evidence(
    registration_ids: list[UUID], kind: str, *, by: User, document_number: str = ""
) -> tuple[list[RegistrationContext], list[tuple[RegistrationContext, str]]]:
    """Record evidence about these newcomers: (accepted, [(refused, why)]).

    Raises CannotRecord for a document without its number.
    """
    number = document_number.strip()
    if kind == EvidenceKind.DOCUMENT and not 0 < len(number) <= MAX_NUMBER_LENGTH:
        raise CannotRecord(NO_NUMBER)
    named = GuardianRegistration.objects.filter(pk__in=registration_ids).order_by(
        "registered_at", "pk"
    )
    found, refused = [], []
    for context in load_contexts(list(with_related_rows(named)), by):
        if why := why_not_record(context, kind, by):
            refused.append((context, why))
        else:
            found.append(context)
    append_evidence(found, kind, by=by, document_number=number)
    return found, refused


def why_not_record(context: RegistrationContext, kind: str, user: User) -> str:
    """Why this person's evidence about the newcomer is refused; "" where it is accepted."""
    if why := why_not_involved(context, user, made_letter=NOT_BY_MAKER):
        return why
    if {child.pk for child in context.children} & children_of_person(user):
        return OWN_FAMILY_REFUSED
    if has_name_of(user, context.registration.guardian):
        return OWN_NAME
    if kind == EvidenceKind.CALL_BACK and context.facts.has_secret:
        return NO_CALL_BACK
    return "" if _role(context, kind, user) and not context.facts.is_kept_out else NOT_HERE


def append_evidence(
    contexts: list[RegistrationContext], kind: str, *, by: User, document_number: str = ""
) -> None:
    """Append evidence of one kind about these newcomers, in the caller's transaction.

    What the same person recorded before stays.
    """
    if not kind:
        return
    now = clock.now()
    RegistrationEvidence.objects.bulk_create(
        (
            RegistrationEvidence(
                municipality_id=context.registration.municipality_id, registration=context.registration, kind=kind,
                recorded_by=by, recorded_role=_role(context, kind, by), recorded_at=now,
                document_number=document_number,
            )
            for context in contexts
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def _role(context, kind, user):
    """The role of the evidence: a homeroom teacher may only vouch."""
    verb = VOUCH if kind == EvidenceKind.VOUCH else VERB
    posts = posts_with(user, verb)
    found = (
        p.role for p in posts if any(post_includes_place(p, child) for child in context.children)
    )
    return next(found, "")
