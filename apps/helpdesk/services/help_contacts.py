"""The contacts of helpdesk and schools: entered by the city, shown on the help pages."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, QuerySet

from apps.helpdesk.models import HelpContact
from apps.people.models import Student, User
from apps.people.permissions import students_in_care

EDIT_VERB, VIEW_VERB = "help_contacts.edit", "help_contacts.view"


def contacts_of(municipality_id: UUID) -> QuerySet[HelpContact]:
    """Every contact of the municipality, the helpdesk's first."""
    rows = HelpContact.objects.filter(municipality=municipality_id).select_related("school")
    return rows.order_by(F("school__name").asc(nulls_first=True), "pk")


def contacts_for(
    user: User | AnonymousUser, municipality_id: UUID
) -> tuple[list[HelpContact], list[HelpContact]]:
    """(the helpdesk's and those of the person's own schools, those of the other schools)."""
    own = own_school_ids(user) if isinstance(user, User) else set()
    rows = list(contacts_of(municipality_id))
    near = [row for row in rows if row.school_id is None or row.school_id in own]
    return near, [row for row in rows if row not in near]


def own_school_ids(user: User) -> set[UUID]:
    """The schools of this student, of a guardian's children, or of a member of staff."""
    mine = Student.objects.enrolled().filter(Q(user=user) | students_in_care(user))
    schools = {pk for pk in mine.values_list("school", flat=True) if pk is not None}
    return schools | {post.school_id for post in user.current_posts if post.school_id is not None}
