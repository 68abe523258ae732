"""Which children's letters are in no print run: the school's lead hands them over."""

from collections.abc import Iterable
from uuid import UUID

from apps.people.models import INFORMED_STANDINGS, Guardianship, GuardianStanding, Student


def children_by_lead(student_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these students whose letters are in no print run: marked, or with guardians of
    whom every one is kept out.
    """
    ids = list(student_ids)
    standings: dict[UUID, set[str]] = {}
    named = Guardianship.objects.named().filter(student__in=ids)
    for student_id, standing in named.values_list("student", "standing"):
        standings.setdefault(student_id, set()).add(standing)
    alone = {
        pk
        for pk, found in standings.items()
        if GuardianStanding.KEPT_OUT in found and not found & set(INFORMED_STANDINGS)
    }
    return marked_children(ids) | alone


def marked_children(student_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these students who carry the mark: no guardian named with them is in a run either."""
    marked = Student.objects.filter(pk__in=list(student_ids), letters_by_lead=True)
    return set(marked.values_list("pk", flat=True))
