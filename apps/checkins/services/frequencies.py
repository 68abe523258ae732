"""How often a student is asked, and whether today is due."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max

from apps.checkins import frequency_rules as pure
from apps.checkins.models import CheckIn, CheckInFrequency, ChosenFrequency, QuestionSet
from apps.checkins.services.question_sets import current_question_sets
from apps.checkins.services.storage import PURPOSE
from apps.core import clock
from apps.core.clock import today
from apps.people.models import SchoolBreak
from apps.people.services.recorded_changes import record_change


@dataclass(frozen=True)
class AskingStatus:
    """``state`` of apps.checkins.frequency_rules for today; ``more``: other sets that are due."""

    state: str
    frequency: str
    more: tuple[QuestionSet, ...] = ()

    @property
    def is_due(self):
        return self.state == pure.DUE


def frequency_of(student):
    """The student's CheckInFrequency; without a choice every day."""
    chosen = ChosenFrequency.objects.filter(student=student).values_list("frequency", flat=True)
    return chosen.first() or CheckInFrequency.DAILY


@transaction.atomic
def choose_frequency(student, frequency):
    """Save the student's choice. Raises ValueError for an unknown frequency."""
    chosen, _ = ChosenFrequency.objects.update_or_create(
        student=student,
        defaults={
            "municipality_id": student.municipality_id,
            "frequency": CheckInFrequency(frequency),
            "chosen_at": clock.now(),
        },
    )
    record_change(chosen, student.user, ["frequency"], role="student", student_id=student.pk)
    return chosen


def asking_status(student):
    """The AskingStatus of a student whose check-ins are offered."""
    day, frequency = today(), frequency_of(student)
    breaks = SchoolBreak.objects.spans(student.school_id)
    answered = _days_of_this_week(student, day)
    state = pure.asking_state(frequency, day=day, answered_on=answered, breaks=breaks)
    is_quiet = frequency == pure.REST or pure.is_rest_day(day, breaks)
    return AskingStatus(state, frequency, () if is_quiet else _more(student, day))


def _days_of_this_week(student, day) -> set[date]:
    own_checkins = CheckIn.objects.filter(student=student, question_set__code="daily").readable()
    return set(
        own_checkins.filter(answered_on__gte=pure.monday_of(day)).values_list(
            "answered_on", flat=True
        )
    )


def _more(student, day):
    """The sets besides the daily one that are due again."""
    sets = [each for each in current_question_sets(student.municipality_id) if each.code != "daily"]
    longest = max((each.every_days for each in sets), default=0)
    own_checkins = CheckIn.objects.filter(student=student, purpose=PURPOSE).readable()
    last = dict(
        own_checkins.filter(answered_on__gt=day - timedelta(longest))
        .order_by()
        .values_list("question_set__code")
        .annotate(last=Max("answered_on"))
    )
    return tuple(
        each
        for each in sets
        if pure.is_due_again(last.get(each.code), day=day, every_days=each.every_days)
    )
