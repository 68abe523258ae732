"""Rosters with other codes, and whom they name."""

from apps.people.models import Student
from apps.signin.services import cards
from tests.roster import zips
from tests.roster.import_rosters import questions


def account(student):
    """Give a student a card, and so an account."""
    cards.issue_cards([student], by=None)
    student.refresh_from_db()
    return student.user


def with_master(content, student, master):
    """The roster with another 共通ID at a student's number."""
    return zips.changed(content, "users.csv", zips.swapped(str(student.master_id), str(master)))


def pair():
    return list(Student.objects.order_by("attendance_number")[:2])


def key_of(content):
    (key,) = questions(content)
    return key.replace("-", "_")
