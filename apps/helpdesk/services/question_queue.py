"""The queue of the helpdesk: open, take, reply, end, hand over to the helpline; forgotten later."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.core import clock, sweeps
from apps.core.text import is_blank, plain_lines
from apps.helpdesk import question_states
from apps.helpdesk.models import (
    AnswerTemplate,
    QuestionState,
    ReplyWay,
    SupportQuestion,
    SupportReply,
)
from apps.helpdesk.models.questions import ANSWER_VERB
from apps.helpdesk.services import reply_mails
from apps.helpline.models import AnswerWay, Topic, WantedRole
from apps.helpline.services import help_requests, transitions
from apps.people.models import User
from apps.people.permissions import role_of

REPLY_LIMIT = 1000
KEPT_AFTER_END = timedelta(days=180)
KEPT_HANDED_OVER = timedelta(days=30)  # a row without words and name
KEPT = timedelta(days=365)  # what nobody has ended
CHANGED = _("ほかの人が、先に変えました。いまの内容を見て、もう一度してください。")
IS_OVER = _("この質問は、もう終わっています。")
WRITE_REPLY = _("返事を1000字までで書いてください。")
NO_STUDENT = _("生徒だとわかっている質問だけを、相談の人に渡せます。")
NOBODY_READS = _(
    "この学校では、いま、ここから相談の人に渡せません。本人に110・119・24時間子供SOSダイヤル"
    "(0120-0-78310)を伝え、学校の管理職か養護教諭に電話してください。"
)


class CannotAnswerQuestion(Exception):
    """It is not open to this any more; the message is a sentence for staff."""


@dataclass(frozen=True)
class QuestionTimes:
    """How long the newest answered questions took, in the middle (median)."""

    n: int
    to_first_answer: timedelta | None
    to_end: timedelta | None


# -- reading --------------------------------------------------------------------------------------


@transaction.atomic
def open_question(question: SupportQuestion, *, by: User) -> list[SupportReply]:
    """Record that somebody reads its words, and return the replies."""
    _record(Action.SUPPORT_OPENED, question, by)
    return list(question.replies.select_related("written_by"))


def count_open(user: User) -> int:
    """How many questions wait for the helpdesk that this person is."""
    return SupportQuestion.objects.open().visible_to(user).count()


def newest_times(user: User, most: int = 50) -> QuestionTimes:
    """The times of the newest ``most`` questions."""
    newest = SupportQuestion.objects.visible_to(user).order_by("-asked_at", "-pk")
    rows = newest.values_list("asked_at", "first_answered_at", "ended_at")[:most]
    first = [answered_at - asked_at for asked_at, answered_at, _ended in rows if answered_at]
    ended = [ended_at - asked_at for asked_at, _answered, ended_at in rows if ended_at]
    return QuestionTimes(len(rows), _middle(first), _middle(ended))


def templates_for(question: SupportQuestion) -> list[AnswerTemplate]:
    """The city's texts, those about the same thing first."""
    rows = AnswerTemplate.objects.filter(municipality=question.municipality_id)
    return sorted(rows, key=lambda row: (row.topic != question.topic, row.title))


# -- acts -----------------------------------------------------------------------------------------


@transaction.atomic
def take_question(question: SupportQuestion, *, by: User, seen: int) -> SupportQuestion:
    """Make it one's own. Raises CannotAnswerQuestion."""
    row = _locked(question, by, seen)
    if row.assignee_id == by.pk:
        return row
    row.assignee = by
    if row.state == QuestionState.NEW:
        row.state = QuestionState.TAKEN
    _save(row, "assignee", "state")
    _record(Action.SUPPORT_TAKEN, row, by)
    return row


@transaction.atomic
def reply_to_question(
    question: SupportQuestion, *, by: User, text: str, form_key: UUID, seen: int
) -> SupportReply:
    """Reply in the inbox or by mail, or keep what was said on the telephone; the same form twice is
    one. Raises CannotAnswerQuestion.
    """
    # two clicks, one after the other
    SupportQuestion.objects.select_for_update(no_key=True).filter(pk=question.pk).first()
    earlier = SupportReply.objects.filter(question=question.pk, form_key=form_key).first()
    if earlier is not None:
        return earlier
    row = _locked(question, by, seen)
    text = "" if is_blank(text) else plain_lines(text)
    if not text or len(text) > REPLY_LIMIT:
        raise CannotAnswerQuestion(str(WRITE_REPLY))
    reply = SupportReply.objects.create(
        question=row, written_by=by, written_role=role_of(by, row, ANSWER_VERB), text=text,
        form_key=form_key,
    )  # fmt: skip
    row.state = QuestionState.ANSWERED
    row.assignee = row.assignee or by
    row.first_answered_at = row.first_answered_at or reply.written_at
    row.has_new_reply = row.asked_by_id is not None
    _save(row, "state", "assignee", "first_answered_at", "has_new_reply")
    if row.reply_way == ReplyWay.MAIL and reply_mails.may_mail_reply(row):
        reply_mails.mail_reply(row, reply)
    _record(Action.SUPPORT_ANSWERED, row, by)
    return reply


@transaction.atomic
def end_question(question: SupportQuestion, *, by: User, seen: int) -> SupportQuestion:
    """It is solved, or needs nobody any more; twice is once. Raises CannotAnswerQuestion."""
    if SupportQuestion.objects.filter(pk=question.pk, state=QuestionState.ENDED).exists():
        return question
    row = _locked(question, by, seen)
    row.state, row.ended_at = QuestionState.ENDED, clock.now()
    _save(row, "state", "ended_at")
    _record(Action.SUPPORT_ENDED, row, by)
    return row


@transaction.atomic
def hand_over_question(
    question: SupportQuestion, *, by: User, is_about_adult: bool, seen: int
) -> SupportQuestion:
    """Give a student's words to the people of the helpline; the helpdesk reads them no more.

    ``is_about_adult``: they name an adult at school, so that nobody of the school reads them.
    Raises CannotAnswerQuestion.
    """
    row = _locked(question, by, seen)
    if row.student is None:
        raise CannotAnswerQuestion(str(NO_STUDENT))
    try:
        help_requests.send_help_request(
            student=row.student, wanted=WantedRole.ANYONE, words=row.text, form_key=row.pk,
            topic=Topic.ADULT if is_about_adult else "", answer_way=AnswerWay.HERE,
            handed_over_by=by,
        )  # fmt: skip
    except transitions.CannotChangeRequest as error:
        raise CannotAnswerQuestion(str(error)) from error
    except (transitions.HelplineNotOpen, transitions.OutsideLinesOnly) as error:
        raise CannotAnswerQuestion(str(NOBODY_READS)) from error
    row.replies.all().delete()
    row.state, row.ended_at = QuestionState.HANDED_OVER, clock.now()
    row.text = row.mail = ""
    row.asked_by = row.student = None
    row.has_new_reply = False
    _save(row, "state", "ended_at", "text", "mail", "asked_by", "student", "has_new_reply")
    _record(Action.SUPPORT_HANDED_OVER, row, by)
    return row


def forget_questions() -> int:
    """Delete what ended half a year ago, what was handed over a month ago, what is a year old."""
    now, rows = clock.now(), SupportQuestion.objects
    ended = rows.filter(ended_at__lt=now - KEPT_AFTER_END)
    handed = rows.filter(ended_at__lt=now - KEPT_HANDED_OVER, state=QuestionState.HANDED_OVER)
    old = rows.filter(asked_at__lt=now - KEPT)
    return sum(sweeps.delete_due(due).n for due in (ended, handed, old))


# -- helpers --------------------------------------------------------------------------------------


def _locked(question: SupportQuestion, by: User, seen: int) -> SupportQuestion:
    """The open question as it is now. Raises CannotAnswerQuestion where the page showed another."""
    rows = SupportQuestion.objects.visible_to(by).select_for_update(of=["self"], no_key=True)
    row = rows.select_related("municipality", "student").filter(pk=question.pk).first()
    if row is None or row.state not in question_states.OPEN:
        raise CannotAnswerQuestion(str(IS_OVER))
    if row.version != seen:
        raise CannotAnswerQuestion(str(CHANGED))
    return row


def _save(row: SupportQuestion, *fields: str) -> None:
    """The words are not saved again: a database trigger keeps them as they were written."""
    row.version += 1
    row.save(update_fields=["version", *fields])


def _middle(times: list[timedelta]) -> timedelta | None:
    return sorted(times)[len(times) // 2] if times else None


def _record(action: Action, row: SupportQuestion, by: User) -> None:
    record(
        action, actor=by, role=role_of(by, row, ANSWER_VERB), municipality_id=row.municipality_id,
        thing=row, audience=Audience.OFFICE,
    )  # fmt: skip
