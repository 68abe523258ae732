"""A first PIN is chosen by whoever holds the first card: what was there before it stays closed to it."""

from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q

from apps.people.models import Student

NOT_KEPT = {"people", "signin", "audit"}  # the roster, the card, and the record of who did what


def has_rows_elsewhere(student: Student) -> bool:
    """Whether any app keeps something about this student beyond the roster and the card."""
    return Student.objects.filter(reduce(or_, _kept()), pk=student.pk).exists()


def _kept():
    for relation in Student._meta.get_fields(include_hidden=True):
        model = relation.related_model
        is_reverse = relation.auto_created and not relation.concrete
        if is_reverse and model._meta.app_label not in NOT_KEPT:
            rows = model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            yield Q(Exists(rows))
