"""Constraints of tables, and the conditions that many of them share."""

from typing import Any

from django.db import models
from django.db.models import F, Q


def unique(
    fields: list[str], *, name: str, condition: Q | None = None, message: str = "", **options: Any
) -> models.UniqueConstraint:
    """At most one row (of those that meet ``condition``) with these values.

    ``message`` is the sentence a form shows.
    """
    return models.UniqueConstraint(
        fields=fields, name=name, condition=condition, violation_error_message=message or None,
        **options,
    )  # fmt: skip


def check(name: str, condition: Any, message: str = "") -> models.CheckConstraint:
    """Every row meets the condition. ``message`` is the sentence a form shows."""
    return models.CheckConstraint(
        condition=condition, name=name, violation_error_message=message or None
    )


def choices_check(
    field: str, choices: type[models.Choices], *, blank: bool = False
) -> models.CheckConstraint:
    """The CheckConstraint that makes the database refuse a value outside ``choices`` (and "")."""
    values = ["", *choices.values] if blank else choices.values
    return check(f"%(app_label)s_%(class)s_{field}_valid", Q(**{f"{field}__in": values}))


def choices_checks(**fields: type[models.Choices]) -> list[models.BaseConstraint]:
    """The same for several fields: name of the field = its choices."""
    return [choices_check(field, choices) for field, choices in fields.items()]


def array_choices_check(field: str, choices: type[models.Choices]) -> models.CheckConstraint:
    """The CheckConstraint that makes the database refuse an array with a value outside ``choices``."""
    return check(
        f"%(app_label)s_%(class)s_{field}_valid",
        Q(**{f"{field}__contained_by": list(choices.values)}),
    )


def two_people(second: str, first: str) -> Q:
    """Whoever is in ``second`` is not the person in ``first``."""
    return Q(**{second: None}) | ~Q(**{second: F(first)})


def both_or_neither(one: str, other: str) -> Q:
    """Either both fields are empty, or none of them."""
    return Q(**{one: None, other: None}) | Q(**{f"{one}__isnull": False, f"{other}__isnull": False})


def set_when(field: str, **when: Any) -> Q:
    """The field is set where this holds, and empty everywhere else."""
    return Q(**when, **{f"{field}__isnull": False}) | (~Q(**when) & Q(**{field: None}))


def empty_when(field: str, **when: Any) -> Q:
    """The field is empty where this holds, and set everywhere else."""
    return Q(**when, **{field: None}) | (~Q(**when) & Q(**{f"{field}__isnull": False}))


def not_before(later: str, earlier: str) -> Q:
    """``later`` is not before ``earlier``."""
    return Q(**{f"{later}__gte": F(earlier)})
