"""A city's own questions: drafted from a version in use, looked at, published, retired."""

import re

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record
from apps.checkins.models import Choice, Question, QuestionKind, QuestionSet
from apps.checkins.wording import DAILY
from apps.people.permissions import role_of

WITH_READING = re.compile(r"｜[^《]+《[^》]+》")
KANJI = re.compile(r"[一-鿿々]")
# What other rooms read of an answer keeps its meaning in every version: higher feels better.
FIXED = {
    asked.code: {option.value for option in asked.options} for asked in DAILY.questions if asked.options
}  # fmt: skip


class CannotPublish(Exception):
    """The set cannot be used so; the message is a sentence for the member of staff."""


@transaction.atomic
def draft_next(question_set, *, municipality, by):
    """A draft of the city's next version with the same questions; an open draft if there is one."""
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
    made = Question.objects.create(
        question_set=draft, order=question.order, code=question.code, text=question.text,
        hint=question.hint, kind=question.kind,
    )  # fmt: skip
    Choice.objects.bulk_create(
        Choice(
            question=made, order=choice.order, value=choice.value, label=choice.label,
            picture=choice.picture,
        )
        for choice in question.choices.all()
    )  # fmt: skip


@transaction.atomic
def begin(draft, *, municipality, by):
    """Keep a new draft of a code nobody has used yet, as the city's first version."""
    draft.municipality, draft.version = municipality, 1
    draft.save()
    _record(draft, by, ["code", "title", "lead", "every_days"])
    return draft


def replace_choices(question, options):
    """Put (value, picture, label) rows in place of a draft question's choices."""
    question.choices.all().delete()
    Choice.objects.bulk_create(
        Choice(question=question, order=order, value=value, picture=picture, label=label)
        for order, (value, picture, label) in enumerate(options, 1)
    )


def problems(question_set):
    """Why a draft cannot be used yet (Japanese sentences; none: it can)."""
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
    fixed = FIXED.get(question.code)
    if fixed is not None and not {choice.value for choice in choices} <= fixed:
        yield f"{name}の値は {sorted(fixed)} の中から使ってください(大きいほど良い・強い)。"


def _unreadable(text, name):
    if KANJI.search(WITH_READING.sub("", text)):
        yield f"{name}に、読みがなのない漢字があります(｜漢字《かんじ》のように書きます)。"


@transaction.atomic
def publish(question_set, *, by):
    """Use a draft from now on in place of the version before. Raises CannotPublish."""
    found = QuestionSet.objects.select_for_update().get(pk=question_set.pk)
    if found.published_at is not None:
        raise CannotPublish("もう使いはじめています。")
    hindrances = list(dict.fromkeys(problems(found)))
    if hindrances:
        raise CannotPublish(" ".join(hindrances))
    now = timezone.now()
    QuestionSet.objects.current().filter(municipality=found.municipality, code=found.code).update(
        retired_at=now
    )
    found.published_at = now
    found.save(update_fields=["published_at"])
    _record(found, by, ["published_at"])
    return found


@transaction.atomic
def retire(question_set, *, municipality, by):
    """Ask these questions no more in this city; what was answered stays. Raises CannotPublish.

    A shipped version stays for other cities: this one gets an own version, already ended.
    """
    if question_set.code == "daily":
        raise CannotPublish("毎日の質問は、次の版で置きかえます。やめることはできません。")
    if question_set.published_at is None or question_set.retired_at is not None:
        raise CannotPublish("いま使っている版ではありません。")
    now = timezone.now()
    if question_set.municipality_id is None:
        own = QuestionSet.objects.filter(municipality=municipality, code=question_set.code)
        if own.exists():
            raise CannotPublish("この種類には、自分の版があります。そちらをやめてください。")
        question_set = draft_next(question_set, municipality=municipality, by=by)
        question_set.published_at = now
    question_set.retired_at = now
    question_set.save(update_fields=["published_at", "retired_at"])
    _record(question_set, by, ["retired_at"])
    return question_set


def _record(question_set, by, fields):
    record(
        Action.RECORD_CHANGED,
        actor=by,
        role=role_of(by),
        municipality_id=question_set.municipality_id,
        thing=question_set,
        fields=fields,
    )
