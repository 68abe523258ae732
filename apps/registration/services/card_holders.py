"""Who has had a student's card in hand: they cannot confirm that the student chose the PIN."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from apps.core import clock
from apps.people.models import StaffPost, Student
from apps.people.permission_tables import ROLES_BY_VERB
from apps.people.post_scope import post_includes_student
from apps.signin.models import LoginCard

VERB = "cards.print"


def students_whose_card_was_held(
    student_ids: Iterable[UUID], account_ids: Iterable[UUID]
) -> set[UUID]:
    """The students whose card one of these accounts ever made, printed, or could hand out.

    Renewed cards count too: the PIN chosen with them is kept.
    """
    accounts, students = list(account_ids), list(student_ids)
    own = Q(issued_by__in=accounts) | Q(printings__sheet__printed_by__in=accounts)
    cards = LoginCard.objects.filter(own, student__in=students)
    return {*cards.values_list("student_id", flat=True), *_handed_out_by(accounts, students)}


def _handed_out_by(accounts, student_ids):
    """Students whom a post with the verb has reached since the day before their card was made."""
    held = StaffPost.objects.filter(user__in=accounts, role__in=ROLES_BY_VERB[VERB])
    posts = list(held.filter(Q(begins_on=None) | Q(begins_on__lte=clock.today())))
    if not posts:
        return set()
    cards = LoginCard.objects.last_ones().filter(student__in=student_ids)
    made_on = {
        pk: at.astimezone(clock.JST).date() for pk, at in cards.values_list("student", "issued_at")
    }
    students = Student.objects.filter(pk__in=made_on)
    return {
        student.pk
        for student in students
        if any(
            _lasted(post, made_on[student.pk]) and post_includes_student(post, student)
            for post in posts
        )
    }


def _lasted(post, day):
    return post.ends_on is None or post.ends_on >= day
