"""Drafts of questions."""

from django.urls import reverse

from apps.checkins.models import QuestionSet
from apps.checkins.services.question_drafts import (
    check_draft,
    draft_next_version,
    question_set_digest,
)
from apps.people.models import Role
from tests import factories


def draft(city, officer, code="daily"):
    return draft_next_version(
        QuestionSet.objects.get(code=code, municipality=None), municipality=city, by=officer
    )


def checked(question_set):
    """The draft, read by a second person."""
    second = factories.staff_post(Role.CITY, of=question_set.municipality, name="二人目").user
    return check_draft(
        question_set,
        by=second,
        seen=question_set_digest(QuestionSet.objects.get(pk=question_set.pk)),
    )


def review_page_of(question_set):
    return reverse("admin:checkins_questionset_review", args=[question_set.pk])
