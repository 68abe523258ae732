"""Schemes: the city's list, and in an open case which of them to ask about.

They are proposed from household, income and allowances to those alone who may read these. They
never open a case nor order the queue.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.audit.models import Action
from apps.cases.models import Scheme, SchemeHint, SchemeState, SchemeStep, SupportCase
from apps.cases.scheme_rules import HomeFacts, hints_met
from apps.cases.services.case_writing import CannotChangeCase, locked_case, write_note
from apps.linkage.models import LinkedRecord
from apps.linkage.self_info_facts import ALLOWANCES, HOUSEHOLD, INCOME, PURPOSES
from apps.people.models import Municipality, Student, User
from apps.people.permissions import may_open
from apps.people.services.recorded_changes import record_change
from apps.vault.services.sealed_content import open_sealed

VIEW_VERB, EDIT_VERB = "schemes.view", "schemes.edit"
SHIPPED = {  # name: (its name in わたしの情報, when it is worth asking); the words are the city's
    "就学援助": ("school_aid", [SchemeHint.LOW_INCOME]),  # no sentence
    "児童扶養手当": ("child_rearing_allowance", [SchemeHint.SINGLE_ADULT]),  # no sentence
}


@dataclass(frozen=True)
class SchemeOffer:
    """A scheme that the family may have a right to, and why it is worth asking."""

    scheme: Scheme
    why: str = field(repr=False)


def may_read_schemes(user: User, student: Student) -> bool:
    """Whether this person may read all that schemes are proposed from."""
    return all(may_open(user, student, purpose) for purpose in PURPOSES)


def schemes_of(municipality_id: UUID) -> QuerySet[Scheme]:
    """The city's list."""
    return Scheme.objects.filter(municipality=municipality_id)


@transaction.atomic
def offers_for(case: SupportCase, *, actor: User, reason: str) -> list[SchemeOffer]:
    """The schemes worth asking about; [] for who may not read what they follow from."""
    student = case.student
    if not may_read_schemes(actor, student):
        return []
    rows = LinkedRecord.objects.filter(student=student, purpose__in=PURPOSES).readable()
    found = list(rows.select_related("student"))
    contents = open_sealed(found, actor=actor, reason=reason, shown_on=case) if found else []
    facts = _facts([(row.purpose, c) for row, c in zip(found, contents, strict=True) if c])
    offers = []
    for scheme in schemes_of(case.municipality_id):
        if scheme.hints and hints_met(scheme.hints, scheme.allowance, facts):
            why = "・".join(str(SchemeHint(hint).label) for hint in scheme.hints)  # no sentence
            offers.append(SchemeOffer(scheme, why))
    return offers


def _facts(opened: list[tuple[str, dict[str, Any]]]) -> HomeFacts:
    households = [c for purpose, c in opened if purpose == HOUSEHOLD]
    incomes = [c for purpose, c in opened if purpose == INCOME]
    allowances = [c for purpose, c in opened if purpose == ALLOWANCES]
    newest = max(incomes, key=lambda c: str(c.get("year", "")), default={})
    return HomeFacts(
        has_single_adult=any(c.get("single_adult") for c in households),
        income_band=newest.get("band", ""),
        received=frozenset(c.get("scheme", "") for c in allowances if c.get("receiving")),
    )


@transaction.atomic
def add_scheme_step(
    case: SupportCase, *, actor: User, scheme: Scheme, state: str, words: str = "",
    form_key: UUID, seen: str | None = None,
) -> SchemeStep:  # fmt: skip
    """Append that a scheme was told, applied for or received. Raises PermissionDenied."""
    state = SchemeState(state)
    locked = locked_case(case, actor)
    if not may_read_schemes(actor, locked.student):
        raise PermissionDenied(_("制度の案内を書く立場ではありません。"))
    if scheme.municipality_id != case.municipality_id:
        raise CannotChangeCase(_("この制度は選べません。"))
    return write_note(
        SchemeStep, case, actor=actor, what="note", action=Action.SCHEME_RECORDED,
        words=words if words.strip() else None, form_key=form_key, seen=seen,
        content={"scheme": scheme.name, "state": state.value},
    )  # fmt: skip


# -- the city's list ------------------------------------------------------------------------------


@transaction.atomic
def save_scheme(row: Scheme, *, by: User, fields: list[str]) -> Scheme:
    """Save a checked scheme and record which fields changed."""
    row.save()
    record_change(row, by, fields, verb=EDIT_VERB)
    return row


@transaction.atomic
def seed_schemes(municipality: Municipality) -> int:
    """Add the schemes known by name, as drafts without words; returns how many were new."""
    n_new = 0
    for name, (allowance, hints) in SHIPPED.items():
        _scheme, is_new = Scheme.objects.get_or_create(
            municipality=municipality,
            name=name,
            defaults={"allowance": allowance, "hints": [hint.value for hint in hints]},
        )
        n_new += is_new
    return n_new
