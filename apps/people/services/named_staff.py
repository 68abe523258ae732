"""Whom a student means by words about staff, typed freely."""

from uuid import UUID

from apps.people.models import Role, StaffPost, Student
from apps.people.staff_name_rules import StaffName, people_meant


def accounts_meant(student: Student, words: str) -> set[UUID]:
    """The accounts of the staff whom these words may mean; an empty set: nobody."""
    if not words.strip():
        return set()
    posts = StaffPost.objects.current().filter(municipality=student.municipality_id)
    staff = [
        StaffName(
            post.user_id, post.name, post.role if post.school_id == student.school_id else "",
            post.school_class_id is not None and post.school_class_id == student.home_class_id,
        )
        for post in posts.exclude(user=None)
    ]  # fmt: skip
    return people_meant(words, staff)


def homeroom_accounts(student: Student) -> set[UUID]:
    """The accounts of the homeroom teachers of the student's class."""
    homeroom = StaffPost.objects.current().filter(
        role=Role.HOMEROOM, school_class=student.home_class_id, school=student.school_id
    )
    return set(homeroom.exclude(user=None).values_list("user_id", flat=True))
