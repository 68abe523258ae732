"""A class's day for staff: as counts, and with a recorded reason the answers."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q

from apps.checkins.models import CheckIn
from apps.checkins.services.reading import answers_in_words, days_from_opened, open_many
from apps.checkins.services.storage import PURPOSE
from apps.checkins.talk_answers import wants_to_talk_today
from apps.core.clock import today
from apps.people.models import SchoolClass, Student
from apps.people.permissions import students_where
from apps.people.services.person_accounts import children_of_person
from apps.vault.models import SubjectKey
from apps.vault.words import why_unreadable


@dataclass(frozen=True)
class ClassDay:
    """One class on one day, as numbers; who has not answered is not named."""

    school_class: SchoolClass
    n_students: int
    n_offered: int
    n_answered: int

    @property
    def n_missing(self):
        return self.n_offered - self.n_answered


@dataclass(frozen=True)
class OpenedCheckIn:
    """One opened check-in in words; ``wants_talk``: the student wants to talk today.

    ``unreadable`` says why ``words`` are missing.
    """

    row: CheckIn
    words: list
    wants_talk: bool
    unreadable: str


def class_days(user, on):
    """The ClassDays of the classes in this person's care, in school order."""
    answered = CheckIn.objects.filter(student=OuterRef("pk"), answered_on=on).readable_one_by_one()
    offered = SubjectKey.objects.in_use().filter(student=OuterRef("pk"), purpose=PURPOSE)
    rows = (
        _cared_for(user)
        .exclude(home_class=None)
        .annotate(has_key=Exists(offered), has_answer=Exists(answered))
        .order_by("home_class")
        .values("home_class")
        .annotate(
            n_students=Count("pk"),
            n_offered=Count("pk", filter=Q(has_key=True)),
            n_answered=Count("pk", filter=Q(has_answer=True)),
        )
    )
    found = {row.pop("home_class"): row for row in rows}
    classes = SchoolClass.objects.filter(pk__in=found)
    return [ClassDay(each, **found[each.pk]) for each in classes]


def open_class_day(school_class, on, *, actor, reason):
    """The OpenedCheckIns of a class's day: who wants to talk first, then in roster order.

    One audit row per student. Raises PermissionDenied, ValueError without a reason.
    """
    rows = CheckIn.objects.filter(
        answered_on=on, student__in=_cared_for(actor).filter(home_class=school_class)
    )
    rows = rows.readable().select_related("student__home_class", "question_set")
    found = open_many(
        rows.order_by("student__attendance_number", "student__family_kana", "received_at"),
        actor=actor,
        reason=reason,
    )
    return sorted(map(_opened, found), key=lambda each: not each.wants_talk)


def open_weeks(student, *, actor, reason, days=28):
    """The student's OwnDays of the last days, oldest first, for staff; leaves one audit row."""
    since = today() - timedelta(days)
    rows = CheckIn.objects.filter(
        student=student, question_set__code="daily", answered_on__gt=since
    )
    found = open_many(
        rows.readable().select_related("student", "question_set").order_by("answered_on", "received_at"),
        actor=actor,
        reason=reason,
    )  # fmt: skip
    return days_from_opened(found)


def _opened(pair):
    row, answers = pair
    unreadable = why_unreadable(answers)
    if unreadable:
        return OpenedCheckIn(row, [], wants_talk=False, unreadable=unreadable)
    wants_talk = wants_to_talk_today(answers)
    return OpenedCheckIn(row, answers_in_words(row, answers), wants_talk, unreadable="")


def _cared_for(user):
    """The students whose answers this person may open: never their own children's."""
    students = Student.objects.enrolled().filter(students_where(user, "checkins.view"))
    return students.exclude(pk__in=children_of_person(user))
