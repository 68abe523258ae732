"""Sentences of registration that are not in a template."""

from django.utils.translation import gettext as _

from apps.people.models import Relation


def relation_to_student(code: str) -> str:
    """What somebody is to the student (a Relation, or "" where a roster names the person)."""
    return str(Relation(code).label if code else _("学校の名簿の保護者"))
