"""What the school learned about a newcomer by another path than the letter: written down by whom."""

from uuid import UUID

from django.db import transaction

from apps.core import clock
from apps.people.models import User
from apps.people.permissions import posts_with
from apps.people.reach import reaches
from apps.people.same_person import OF_THE_FAMILY, family_of, is_same_person
from apps.signin.models import ArrivalEvidence, Evidence, GuardianArrival
from apps.signin.services.arrival_looks import VERB, VOUCH, Look, look_at, with_all
from apps.signin.services.arrival_queue import NOT_OPEN, OWN_NAME, OWN_NEWCOMER, is_own_newcomer
from apps.signin.services.newcomer_names import has_own_name

LONGEST_NUMBER = 60  # characters of a document's number
NOT_BY_MAKER = "手紙を作った人・印刷した人のほかの人が記録します。"
NOT_HERE = "この登録について記録する立場ではありません。"
NO_CALL_BACK = "知られては困る人がいる保護者には、家にある番号に電話しません。会って確かめるか、控えを使ってください。"
NO_NUMBER = f"書類の番号を、{LONGEST_NUMBER}字までで書いてください。"


class CannotRecord(Exception):
    """What was learned is not written down; the message is a sentence for the member of staff."""


@transaction.atomic
def record_evidence(
    arrival_ids: list[UUID], kind: str, *, by: User, document_number: str = ""
) -> tuple[list[Look], list[tuple[Look, str]]]:
    """Write down what was learned of these newcomers: (of whom, [(of whom not, why)]).

    Raises CannotRecord for a document without its number.
    """
    number = document_number.strip()
    if kind == Evidence.DOCUMENT and not 0 < len(number) <= LONGEST_NUMBER:
        raise CannotRecord(NO_NUMBER)
    named = GuardianArrival.objects.filter(pk__in=arrival_ids).order_by("arrived_at", "pk")
    found, refused = [], []
    for look in look_at(list(with_all(named)), by):
        if why := why_not_record(look, kind, by):
            refused.append((look, why))
        else:
            found.append(look)
    note(found, kind, by=by, document_number=number)
    return found, refused


def why_not_record(look: Look, kind: str, user: User) -> str:
    """Why this person's word about the newcomer is not taken; "" where it is."""
    if not look.arrival.is_waiting or is_same_person(user, look.arrival.user_id):
        return NOT_OPEN
    if any(is_same_person(user, maker) for maker, _ in look.makers):
        return NOT_BY_MAKER
    if is_own_newcomer(look.arrival, user):
        return OWN_NEWCOMER
    if {child.pk for child in look.children} & family_of(user):
        return OF_THE_FAMILY
    if has_own_name(user, look.arrival.guardian):
        return OWN_NAME
    if kind == Evidence.CALL_BACK and look.facts.has_secret:
        return NO_CALL_BACK
    return "" if _role(look, kind, user) and not look.facts.is_kept_out else NOT_HERE


def note(looks: list[Look], kind: str, *, by: User, document_number: str = "") -> None:
    """Append the evidence of one kind about these newcomers, in the caller's transaction.

    What the same person wrote down before stays as it is.
    """
    if not kind:
        return
    now = clock.now()
    ArrivalEvidence.objects.bulk_create(
        (
            ArrivalEvidence(
                municipality_id=look.arrival.municipality_id, arrival=look.arrival, kind=kind,
                recorded_by=by, recorded_role=_role(look, kind, by), recorded_at=now,
                document_number=document_number,
            )
            for look in looks
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def _role(look, kind, user):
    """In which role this person learned it: a homeroom teacher vouches and no more."""
    verb = VOUCH if kind == Evidence.VOUCH else VERB
    posts = posts_with(user, verb)
    found = (p.role for p in posts if any(reaches(p, child) for child in look.children))
    return next(found, "")
