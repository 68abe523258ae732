"""Creates what the invented people do: decisions, check-ins, and data of the school's systems."""

import csv
import io
import uuid

import requests
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from apps.checkins.models import CheckIn
from apps.checkins.services import question_sets, submissions
from apps.consent.models import ConsentReceipt, PurposePolicy, Response
from apps.consent.services import decisions
from apps.core.storage_aliases import SOURCES
from apps.linkage.models import DataSource, SourceKind
from kaga_portal.demo import (
    school_days,
    school_files,
)

SELF_INFO = ("household", "income", "allowances")  # what マイナポータル answers
HOME_PAGE = "https://portal.example/users"


def record_decisions(students, invented):
    """Record the consent decisions of students and guardians; once."""
    if ConsentReceipt.objects.filter(student__in=students).exists():
        return
    purposes = list(
        PurposePolicy.objects.offered()
        .filter(municipality_id=students[0].municipality_id)
        .values_list("purpose", flat=True)
    )
    for index, student in enumerate(students):
        guardians, own = _answers(index, purposes)
        for link in student.guardianships.current().select_related("guardian__user"):
            if guardians and link.guardian.user:
                _decide(student, link.guardian.user, guardians)
        if own:
            _decide(student, student.user, own)


def _answers(index, purposes):
    """(the guardians' answers, the student's): seven in ten agree to what the school sees."""
    school_side = [p for p in purposes if p not in SELF_INFO]
    given = dict.fromkeys(school_side, Response.GIVEN)
    refused = dict.fromkeys(purposes, Response.REFUSED)
    if school_days.is_low(index) or school_days.is_often_absent(index) or index == 0:
        home = {} if index else dict.fromkeys(SELF_INFO, Response.GIVEN)
        return given | home, {p: r for p, r in given.items() if index or p != "study_log"}
    kind = index % 10
    if kind < 7:
        return {**given, **({"income": Response.REFUSED} if kind < 3 else {})}, given
    return {7: (given, None), 8: (refused, None), 9: (None, None)}[kind]


def _decide(student, actor, answers):
    decisions.decide(student=student, actor=actor, answers=answers, form_key=uuid.uuid4())


def submit_checkins(students, invented, dates):
    """Submit the check-ins of all days; once."""
    if CheckIn.objects.filter(student__in=students).exists():
        return
    question_set = question_sets.current_question_set("daily")
    pupils = {str(pupil.source_id): pupil for pupil in invented.pupils}
    for index, student in enumerate(students):
        if not submissions.is_offered(student):
            continue
        for date, answers in school_days.checkin_answers(index, pupils[student.source_id], dates):
            submissions.submit(
                student=student,
                question_set=question_set,
                answers=answers,
                client_key=uuid.uuid4(),
                answered_on=date,
            )


def create_sources(school, invented, dates):
    """Write the school's files and create its data sources."""
    place, folder = storages[SOURCES], f"{school.municipality.code}/{school.code}"
    for name, rows in school_files.school_files(invented.pupils, dates):
        if not place.exists(f"{folder}/{name}"):
            text = io.StringIO(newline="")
            csv.writer(text).writerows(rows)
            content = ContentFile(text.getvalue().encode("utf-8-sig"))
            place.save(f"{folder}/{name}", content)
    _source(school, SourceKind.SCHOOL_FILES, "学校のファイル(C4th 取込形式)", school.code)
    if settings.LRS_SANDBOX_URL:
        _source(school, SourceKind.XAPI_LRS, "学習記録(代役のLRS)", settings.LRS_SANDBOX_URL)
        _post_statements(invented, dates)


def _source(school, kind, title, place):
    DataSource.objects.update_or_create(
        school=school,
        kind=kind,
        defaults={"municipality": school.municipality, "title": title, "place": place},
    )


def _post_statements(invented, dates):
    """POST all statements to the stand-in LRS; repeated ids change nothing there."""
    url = f"{settings.LRS_SANDBOX_URL}/statements"
    batch = [
        s for pupil in invented.pupils for s in school_days.xapi_statements(pupil, dates, HOME_PAGE)
    ]
    for start in range(0, len(batch), 500):
        answer = requests.post(
            url,
            json=batch[start : start + 500],
            auth=("demo", "demo"),
            headers={"X-Experience-API-Version": "1.0.3"},
            timeout=10,
        )
        answer.raise_for_status()
