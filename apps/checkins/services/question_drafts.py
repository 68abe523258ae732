"""A city's own questions: drafted, checked, published, retired."""

import base64
import hashlib
import json
import re

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy

from apps.checkins.models import Question, QuestionChoice, QuestionKind, QuestionSet
from apps.checkins.shipped_questions import DAILY
from apps.core import clock
from apps.people.models import StaffPost
from apps.people.permission_tables import ROLES_BY_VERB
from apps.people.permissions import municipalities_where
from apps.people.services.person_accounts import accounts_of_person, is_same_person
from apps.people.services.recorded_changes import record_change

RUBY_PATTERN = re.compile(r"｜[^《]+《[^》]+》")
KANJI = re.compile(r"[一-鿿々]")
# Codes that other apps read keep their meaning in every version: higher feels better.
FIXED_QUESTIONS = {
    question.code: {option.value for option in question.options} for question in DAILY.questions if question.options
}  # fmt: skip


NOT_OF_THIS_CITY = gettext_lazy("この自治体の版ではありません。")


class CannotPublishQuestions(Exception):
    """The set cannot be used as it is; the message is shown to the user."""


@transaction.atomic
def draft_next_version(question_set, *, municipality, by):
    """A draft of the city's next version with the same questions; an open draft if there is one.

    Raises CannotPublishQuestions for a version of another municipality.
    """
    if question_set.municipality_id not in (None, municipality.pk):
        raise CannotPublishQuestions(str(NOT_OF_THIS_CITY))
    own = QuestionSet.objects.filter(municipality=municipality, code=question_set.code)
    open_draft = own.filter(published_at=None).first()
    if open_draft:
        return open_draft
    draft = QuestionSet.objects.create(
        municipality=municipality,
        code=question_set.code,
        version=_next_version(question_set.code, municipality),
        title=question_set.title,
        lead=question_set.lead,
        every_days=question_set.every_days,
        needs_permission=question_set.needs_permission,
        written_by=by,
    )
    for question in question_set.questions.prefetch_related("choices"):
        _copy(question, draft)
    _record(draft, by, ["version"])
    return draft


def _next_version(code, municipality):
    """Above every version a student of the city may have answered: shipped or own."""
    known = QuestionSet.objects.known_to([municipality.pk]).filter(code=code)
    return (known.aggregate(last=Max("version"))["last"] or 0) + 1


def _copy(question, draft):
    created = Question.objects.create(
        question_set=draft, order=question.order, code=question.code, text=question.text,
        hint=question.hint, kind=question.kind,
    )  # fmt: skip
    QuestionChoice.objects.bulk_create(
        QuestionChoice(
            question=created, order=choice.order, value=choice.value, label=choice.label,
            picture=choice.picture,
        )
        for choice in question.choices.all()
    )  # fmt: skip


@transaction.atomic
def begin_first_version(draft, *, municipality, by):
    """Save a new draft of an unused code, as the city's first version."""
    draft.municipality, draft.version, draft.written_by = municipality, 1, by
    draft.save()
    _record(draft, by, ["code", "title", "lead", "every_days"])
    return draft


def replace_choices(question, options):
    """Replace a draft question's choices by these (value, picture, label) rows."""
    question.choices.all().delete()
    QuestionChoice.objects.bulk_create(
        QuestionChoice(question=question, order=order, value=value, picture=picture, label=label)
        for order, (value, picture, label) in enumerate(options, 1)
    )


@transaction.atomic
def note_edited(draft, *, by, fields):
    """Note that this person changed a draft: an earlier check no longer counts."""
    found = QuestionSet.objects.select_for_update().get(pk=draft.pk)
    found.written_by, found.checked_by, found.checked_at, found.checked_digest = by, None, None, ""
    found.save(update_fields=["written_by", "checked_by", "checked_at", "checked_digest"])
    _record(found, by, fields)


def question_set_digest(question_set):
    """A digest (43 characters) of everything this version asks."""
    content = [question_set.code, question_set.title, question_set.lead, question_set.every_days,
            question_set.permission]  # fmt: skip
    for question in question_set.questions.prefetch_related("choices"):
        choices = [(c.order, c.value, c.label, c.picture) for c in question.choices.all()]
        content.append([question.order, question.code, question.text, question.hint, question.kind,
                     choices])  # fmt: skip
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@transaction.atomic
def check_draft(question_set, *, by, seen):
    """Record that a second person has checked the draft; ``seen`` is the digest on their page.

    Raises CannotPublishQuestions.
    """
    found = QuestionSet.objects.select_for_update().get(pk=question_set.pk)
    if found.published_at is not None:
        raise CannotPublishQuestions("もう使いはじめています。")
    if found.written_by_id is None:
        raise CannotPublishQuestions("書いた人がわかりません。いちど「直す」から保存してください。")
    if is_same_person(by, found.written_by_id):
        raise CannotPublishQuestions("書いた人のほかの人が確かめます。")
    if seen != question_set_digest(found):
        raise CannotPublishQuestions("見ているあいだに変わりました。もう一度読んでください。")
    _check_problems(found)
    found.checked_by, found.checked_at, found.checked_digest = by, clock.now(), seen
    found.save(update_fields=["checked_by", "checked_at", "checked_digest"])
    _record(found, by, ["checked_by"])
    return found


def is_draft_checked(question_set):
    """Whether a second person has checked the draft as it is now."""
    is_read = question_set.checked_by_id is not None
    return is_read and question_set.checked_digest == question_set_digest(question_set)


def may_check_draft(user, question_set):
    """Whether this person may be the second one for this draft."""
    return (
        question_set.municipality_id in municipalities_where(user, "questions.check")
        and question_set.published_at is None
        and question_set.written_by_id is not None
        and not is_same_person(user, question_set.written_by_id)
    )


def possible_checkers(question_set):
    """The StaffPosts that could check this draft today, by name."""
    posts = StaffPost.objects.current().filter(
        municipality=question_set.municipality_id, role__in=ROLES_BY_VERB["questions.check"],
        user__is_active=True,
    )  # fmt: skip
    if question_set.written_by is not None:
        posts = posts.exclude(user__in=accounts_of_person(question_set.written_by))
    return list(posts.select_related("school").order_by("school_id", "role", "name"))


def drafts_to_check(user):
    """Drafts that wait for this person's check: of their municipality, written by others."""
    drafts = QuestionSet.objects.filter(
        municipality__in=municipalities_where(user, "questions.check"),
        published_at=None,
        checked_by=None,
    )
    return drafts.exclude(written_by=None).exclude(written_by__in=accounts_of_person(user))


def draft_problems(question_set):
    """Why a draft cannot be published yet (sentences for the user; empty: it can)."""
    questions = list(question_set.questions.prefetch_related("choices"))
    if not questions:
        yield "質問がありません。"
    if question_set.needs_permission and not question_set.permission.strip():
        yield "許諾の番号・日付を書いてください。"
    for text in (question_set.title, question_set.lead):
        yield from _unreadable(text, "題か、はじめの言葉")
    for question in questions:
        yield from _problems_of(question)


def _problems_of(question):
    name = f"質問「{question.code}」"
    choices = list(question.choices.all())
    if not question.text.strip():
        yield f"{name}の文がありません。"
    for text in (question.text, question.hint, *(choice.label for choice in choices)):
        yield from _unreadable(text, name)
    if question.kind == QuestionKind.TEXT:
        return
    if len(choices) < 2 or not all(choice.label.strip() for choice in choices):
        yield f"{name}に、言葉のある選択肢が2つ以上必要です。"
    fixed = FIXED_QUESTIONS.get(question.code)
    if fixed is not None and not {choice.value for choice in choices} <= fixed:
        yield f"{name}の値は {sorted(fixed)} の中から使ってください(大きいほど良い・強い)。"


def _unreadable(text, name):
    if KANJI.search(RUBY_PATTERN.sub("", text)):
        yield f"{name}に、読みがなのない漢字があります(｜漢字《かんじ》のように書きます)。"


@transaction.atomic
def publish_draft(question_set, *, by):
    """Publish a checked draft in place of the version before.

    Raises CannotPublishQuestions.
    """
    found = QuestionSet.objects.select_for_update().get(pk=question_set.pk)
    if found.published_at is not None:
        raise CannotPublishQuestions("もう使いはじめています。")
    _check_problems(found)
    if not is_draft_checked(found):
        raise CannotPublishQuestions(
            "まだ二人目の人が確かめていません。確かめてから使いはじめます。"
        )
    now = clock.now()
    QuestionSet.objects.current().filter(municipality=found.municipality, code=found.code).update(
        retired_at=now
    )
    found.published_at = now
    found.save(update_fields=["published_at"])
    _record(found, by, ["published_at"])
    return found


def _check_problems(question_set):
    hindrances = list(dict.fromkeys(draft_problems(question_set)))
    if hindrances:
        raise CannotPublishQuestions(" ".join(hindrances))


@transaction.atomic
def retire_question_set(question_set, *, municipality, by):
    """Ask these questions no more in this city; what was answered stays. Raises CannotPublishQuestions.

    A shipped version stays for other cities: this city gets a version of its own, already retired.
    """
    if question_set.code == "daily":
        raise CannotPublishQuestions("毎日の質問は、次の版で置きかえます。やめることはできません。")
    if question_set.published_at is None or question_set.retired_at is not None:
        raise CannotPublishQuestions("いま使っている版ではありません。")
    now = clock.now()
    if question_set.municipality_id is None:
        own = QuestionSet.objects.filter(municipality=municipality, code=question_set.code)
        if own.exists():
            raise CannotPublishQuestions(
                "この種類には、自分の版があります。そちらをやめてください。"
            )
        question_set = draft_next_version(question_set, municipality=municipality, by=by)
        question_set.published_at = now
    question_set.retired_at = now
    question_set.save(update_fields=["published_at", "retired_at"])
    _record(question_set, by, ["retired_at"])
    return question_set


def _record(question_set, by, fields):
    record_change(question_set, by, fields, verb="questions.view")
