"""Letters that only the school's lead prints and hands over: of children who carry the mark.

Several reasons lead to the mark, so it tells none of them.
"""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.models import Audience
from apps.people.models import Role, Student, User
from apps.people.permissions import may, posts_with, role_of
from apps.people.services.person_accounts import OWN_FAMILY_REFUSED, children_of_person
from apps.people.services.recorded_changes import record_change
from apps.registration.models import PrintedSheet
from apps.registration.services.print_runs import CannotPrint, print_letters

MARK_VERB, PRINT_VERB = "guardians.keep_out", "letters.print"
CHANGED_BY_OTHERS = gettext_lazy(
    "ほかの人が、先に変えました。いまの印を見て、もう一度えらんでください。"
)
NOT_THE_LEAD = gettext_lazy("この子どもの手紙を印刷できるのは、学校の管理職だけです。")
NO_CLASS = gettext_lazy("学級のない生徒の手紙は、ここでは印刷できません。")


class CannotMark(Exception):
    """The mark stays as it is; the message is shown to the user."""


@transaction.atomic
def set_mark(student: Student, is_marked: bool, *, was: bool, by: User) -> None:
    """Set or remove the mark; ``was`` is the one that the page showed. Raises CannotMark."""
    row = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    if not may(by, MARK_VERB, row):
        raise CannotMark(_("この印を付ける立場ではありません。"))
    if row.pk in children_of_person(by):
        raise CannotMark(OWN_FAMILY_REFUSED)
    if row.letters_by_lead != was:
        raise CannotMark(CHANGED_BY_OTHERS)
    if row.letters_by_lead == is_marked:
        return
    row.letters_by_lead = is_marked
    row.save(update_fields=["letters_by_lead"])
    role = role_of(by, row, MARK_VERB)
    record_change(
        row, by, ["letters_by_lead"], role=role, student_id=row.pk, audience=Audience.OFFICE
    )


def may_print_for_lead(user: User, student: Student) -> bool:
    """Whether this person prints letters that only the lead hands over."""
    is_lead = any(post.role == Role.PRINCIPAL for post in posts_with(user, PRINT_VERB))
    return is_lead and may(user, PRINT_VERB, student) and student.pk not in children_of_person(user)


@transaction.atomic
def print_for_lead(student: Student, *, by: User) -> PrintedSheet | None:
    """Print the letter of one marked child, to be handed over by the lead. Raises CannotPrint."""
    if not may_print_for_lead(by, student):
        raise CannotPrint(NOT_THE_LEAD)
    if student.home_class is None:
        raise CannotPrint(NO_CLASS)
    return print_letters([student], by=by, school_class=student.home_class, by_lead=True)
