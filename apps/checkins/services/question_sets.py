"""Reads question sets, cached in memory, and seeds the shipped ones."""

from functools import lru_cache

from django.db import transaction

from apps.checkins.models import Question, QuestionChoice, QuestionKind, QuestionSet
from apps.checkins.shipped_questions import SHIPPED_QUESTION_SETS, as_seeded
from apps.core import clock


@transaction.atomic
def seed_questions():
    """Publish the shipped sets of questions where they are missing; returns how many were."""
    created = [
        _install(shipped_set)
        for shipped_set in SHIPPED_QUESTION_SETS
        if not _is_installed(shipped_set)
    ]
    return len(created)


def current_question_set(code="daily", municipality_id=None):
    """The published QuestionSet in use, with questions and choices loaded, or None.

    A city that ever published its own version of ``code`` uses only its own.
    """
    known = QuestionSet.objects.known_to([municipality_id] if municipality_id else [])
    published = list(known.filter(code=code).exclude(published_at=None))
    own = [each for each in published if each.municipality_id]
    pk = next((each.pk for each in own or published if each.retired_at is None), None)
    return pk and published_question_set(pk)


def current_question_sets(municipality_id):
    """Every QuestionSet in use in a city, the most frequent first."""
    known = QuestionSet.objects.known_to([municipality_id]).exclude(published_at=None)
    rows = list(known)
    own = {row.code for row in rows if row.municipality_id}
    current = [
        row
        for row in rows
        if row.retired_at is None and (row.municipality_id or row.code not in own)
    ]
    return sorted(current, key=lambda row: (row.every_days, row.code))


@lru_cache(maxsize=32)
def published_question_set(pk):
    """A published version by id, with questions and choices. Raises QuestionSet.DoesNotExist.

    Cached in memory: a published version is never edited. A form that was
    open while the next version came is still validated against the version it showed.
    """
    return (
        QuestionSet.objects.exclude(published_at=None)
        .prefetch_related("questions__choices")
        .get(pk=pk)
    )


def _is_installed(shipped_set):
    shipped = QuestionSet.objects.filter(municipality=None)
    return shipped.filter(code=shipped_set.code, version=shipped_set.version).exists()


def _install(shipped_set):
    created = QuestionSet.objects.create(
        code=shipped_set.code,
        version=shipped_set.version,
        title=as_seeded(shipped_set.title),
        lead=as_seeded(shipped_set.lead),
        every_days=shipped_set.every_days,
        needs_permission=shipped_set.needs_permission,
        published_at=None if shipped_set.needs_permission else clock.now(),
    )
    for order, shipped in enumerate(shipped_set.questions, 1):
        question = Question.objects.create(
            question_set=created,
            order=order,
            code=shipped.code,
            text=as_seeded(shipped.text),
            hint=as_seeded(shipped.hint),
            kind=QuestionKind.SCALE if shipped.options else QuestionKind.TEXT,
        )
        QuestionChoice.objects.bulk_create(
            QuestionChoice(
                question=question,
                order=place,
                value=option.value,
                label=as_seeded(option.label),
                picture=option.picture,
            )
            for place, option in enumerate(shipped.options, 1)
        )
    return created
