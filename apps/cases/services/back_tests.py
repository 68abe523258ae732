"""Counts how many students a draft of a rule would have flagged; one school in a transaction.

Nobody is named and nothing is raised. A worker that is killed leaves the schools that are done, and
the next goes on with the others.
"""

import logging
import time
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.cases.back_test_rules import (
    LEAST_DAYS,
    MOST_DAYS,
    BackTestCounts,
    BackTestTable,
    shown_counts,
    would_speak,
)
from apps.cases.models import BackTest, BackTestState, Rule, StudentEvent, SupportCase
from apps.cases.services.rule_drafts import EDIT_VERB
from apps.cases.services.student_facts import RuleGroup, read_facts
from apps.core import clock
from apps.core.batches import in_batches
from apps.helpline.models import HelpRequest
from apps.people.models import School, SchoolClass, StaffPost, Student, User
from apps.people.permissions import may, roles_that_may_open
from apps.vault.services.keys import keys_for_writing
from apps.vault.shares import StoreUnavailable

log = logging.getLogger(__name__)
TASK = "cases.back_tests"
SECONDS = 60.0  # of one run; a task may take 90
STUDENTS_AT_ONCE = 200


class CannotBackTest(Exception):
    """The back-test is refused; the message is shown to the user."""


@transaction.atomic
def ask_back_test(draft: Rule, days: int, *, by: User) -> BackTest:
    """Ask for a back-test of a draft; the one that runs for the same numbers where there is one.

    Raises CannotBackTest.
    """
    if not may(by, EDIT_VERB, draft):
        raise CannotBackTest(_("試算をする立場ではありません。"))
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise CannotBackTest(
            _("%(least)s日から%(most)s日までで選んでください。")
            % {"least": LEAST_DAYS, "most": MOST_DAYS}
        )
    Rule.objects.select_for_update().get(pk=draft.pk)  # double clicks wait here
    same = {"rule": draft, "days": days, "parameters": draft.parameters}
    running = BackTest.objects.open().filter(**same).first()
    if running is not None:
        return running
    asked = BackTest.objects.create(
        **same, municipality_id=draft.municipality_id, asked_by=by,
        n_schools=School.objects.filter(municipality=draft.municipality_id).count(),
    )  # fmt: skip
    clock.wake_worker(TASK)
    return asked


def run_next() -> None:
    """Go on with the oldest back-test for a while; the rest is left to the next run."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        asked = BackTest.objects.open().first()
        if asked is None:
            return
        try:
            _count_one_school(asked.pk)
        except StoreUnavailable:
            return  # nothing can be opened now; the next run goes on
        except Exception as error:
            log.exception("back-test %s: %s", asked.pk, type(error).__name__)
            BackTest.objects.filter(pk=asked.pk).update(
                state=BackTestState.FAILED, finished_at=clock.now()
            )


@transaction.atomic
def _count_one_school(pk: UUID) -> None:
    """Count one more school of a back-test. A second worker waits for the first."""
    asked = BackTest.objects.open().select_for_update(of=["self"]).filter(pk=pk).first()
    if asked is None:
        return
    schools = School.objects.filter(municipality=asked.municipality_id).order_by("pk")
    left = [pk for pk in schools.values_list("pk", flat=True) if str(pk) not in asked.done]
    if left:
        counts = BackTestCounts.of(asked.counts).add(_count(asked, left[0]))
        asked.counts, asked.done = counts.stored, [*asked.done, str(left[0])]
        asked.state = BackTestState.RUNNING
    if len(left) <= 1:
        asked.state, asked.finished_at = BackTestState.DONE, clock.now()
    asked.save()


def _count(asked: BackTest, school: UUID) -> BackTestCounts:
    """The counts of one school."""
    draft = asked.rule
    draft.parameters = asked.parameters
    ids = list(Student.objects.enrolled().filter(school=school).values_list("pk", flat=True))
    found = BackTestCounts(readers=_n_readers(draft, school))
    for some in in_batches(ids, STUDENTS_AT_ONCE):
        found = found.add(_count_students(draft, some, asked.days))
    return found


def _count_students(draft: Rule, ids: Iterable[UUID], days: int) -> BackTestCounts:
    students = list(Student.objects.filter(pk__in=list(ids)))
    group = RuleGroup(draft.municipality_id, draft.purpose, (draft,))
    keys = keys_for_writing([student.pk for student in students], draft.purpose)
    read = read_facts(group, students, keys, days + group.days)
    in_use = Rule.objects.active().filter(municipality=draft.municipality_id, code=draft.code)
    before = in_use.first()
    known, counts = _known_to_staff(ids, days), BackTestCounts()
    for student in students:
        one = read.get(student.pk)
        if one is None or not one.pairs or (draft.also and not one.also):
            continue
        counts.looked_at += 1
        if before is not None:
            counts.now += would_speak(draft.code, one.facts, before.parameters, clock.today(), days)
        if would_speak(draft.code, one.facts, draft.parameters, clock.today(), days):
            counts.then += 1
            counts.known += student.pk in known
            counts.classes[str(student.home_class_id)] += 1
            counts.grades[student.grade] += 1
    return counts


def _known_to_staff(ids: Iterable[UUID], days: int) -> set[UUID]:
    """Those whom staff knew already: by a case, an event or a request that is not protected."""
    since, these = clock.now() - timedelta(days=days), {"student__in": list(ids)}
    known: set[UUID] = set()
    for rows in (
        SupportCase.objects.filter(opened_at__gte=since, **these),
        SupportCase.objects.open().filter(**these),
        StudentEvent.objects.filter(recorded_at__gte=since, **these),
        HelpRequest.objects.filter(sent_at__gte=since, is_protected=False, **these),
    ):
        known |= set(rows.values_list("student_id", flat=True))
    return known


def _n_readers(draft: Rule, school: UUID) -> int:
    """How many people of a school may open what the rule reads."""
    posts = StaffPost.objects.current().filter(
        school=school, role__in=roles_that_may_open(draft.purpose)
    )
    return posts.exclude(user=None).values("user").distinct().count()


def table_of(asked: BackTest) -> BackTestTable:
    """What people see of a finished back-test: small counts are hidden."""
    counts = BackTestCounts.of(asked.counts)
    classes = SchoolClass.objects.filter(pk__in=[pk for pk in counts.classes if pk != "None"])
    titles = classes.select_related("school").order_by("school__name", "title")
    names = [(str(each.pk), f"{each.school.name} {each.title}") for each in titles]
    return shown_counts(counts, asked.days, names)
