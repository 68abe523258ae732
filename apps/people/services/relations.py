"""Corrects a guardian's relation to a child."""

from django.db import transaction

from apps.audit.models import Audience
from apps.people.models import Guardianship, Relation, User
from apps.people.permissions import role_of
from apps.people.services.person_accounts import OWN_FAMILY_REFUSED, children_of_person
from apps.people.services.recorded_changes import record_change

CHANGED_BY_OTHERS = "ほかの人が先に続柄を直しました。いまの続柄を見て、もう一度えらんでください。"


class CannotCorrectRelation(Exception):
    """The relation is not corrected; the message is shown to the user."""


@transaction.atomic
def correct_relation(guardianship: Guardianship, relation: str, *, was: str, by: User) -> bool:
    """Set the relation (a Relation code) of a current guardianship; whether anything changed.

    ``was`` is the relation shown to ``by``. The standing does not change:
    that is for ``consent.standing_changes``. Whoever confirms a waiting guardian sees the
    corrected relation. Raises CannotCorrectRelation.
    """
    row = Guardianship.objects.select_for_update(of=("self",)).get(pk=guardianship.pk)
    if row.student_id in children_of_person(by):
        raise CannotCorrectRelation(OWN_FAMILY_REFUSED)
    if row.relation != was:
        raise CannotCorrectRelation(CHANGED_BY_OTHERS)
    if relation not in Relation.values or row.ended_at is not None:
        raise CannotCorrectRelation("この続柄には直せません。")
    if relation == was:
        return False
    row.relation = relation
    row.save(update_fields=["relation"])
    record_change(
        row,
        by,
        ["relation"],
        role=role_of(by, row.student),
        student_id=row.student_id,
        audience=Audience.OFFICE,
    )
    return True
