"""Asking how the portal works, signed in or not; and one's own questions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.core.languages import PageLanguage
from apps.core.limits import allow
from apps.core.municipality_scope import across_municipalities, widen_to
from apps.core.text import is_blank, plain_lines
from apps.helpdesk.models import AskerSide, ReplyWay, SupportQuestion, SupportTopic
from apps.helpdesk.models.questions import ANSWER_VERB
from apps.helpdesk.services import reply_mails
from apps.people.account_kinds import group_of_account
from apps.people.models import Municipality, School, Student, User
from apps.people.permissions import role_of

TEXT_LIMIT, TEXT_LIMIT_OF_STUDENTS = 500, 200  # a student's can be handed over as it is
OWN_SHOWN = 20
TOO_OFTEN = gettext_lazy("続けてたくさん送られています。時間をおいて、もう一度送ってください。")
WRITE_IT = gettext_lazy("何がわからないかを書いてください。")
NO_MAIL = gettext_lazy("メールアドレスを書いてください。")
NO_CITY = gettext_lazy("学校を選んでください。")


class CannotAskHelpdesk(Exception):
    """It is not sent; the message is a sentence for the person."""


@dataclass(frozen=True)
class Asker:
    """Who asks: the account (None: nobody is signed in) and where the request came from."""

    user: User | None
    municipality: Municipality | None
    address: str = ""


@transaction.atomic
def ask_question(
    asker: Asker, *, side: str, topic: str, text: str, reply_way: str, form_key: UUID,
    school: School | None = None, mail: str = "",
) -> SupportQuestion:  # fmt: skip
    """Store a question; the same form twice is one. Raises CannotAskHelpdesk; ValueError for other choices."""
    city = asker.municipality or (school.municipality if school else None)
    if city is None:
        raise CannotAskHelpdesk(str(NO_CITY))
    widen_to(city.pk)  # a visitor chose the school
    earlier = SupportQuestion.objects.filter(form_key=form_key).first()
    if earlier is not None:
        return earlier
    user = asker.user
    side = group_of_account(user) if user else AskerSide(side).value
    student = Student.objects.enrolled().filter(user=user).first() if user else None
    text = checked_text(text, side)
    way = ReplyWay(reply_way)
    if user is None and way == ReplyWay.INBOX:
        way = ReplyWay.NONE
    mail = confirmed_mail_of(user) if user else mail.strip()
    if way == ReplyWay.MAIL and not mail:
        raise CannotAskHelpdesk(str(NO_MAIL))
    if not _may_ask(user, asker.address):
        raise CannotAskHelpdesk(str(TOO_OFTEN))
    return store_question(
        user, municipality=city, school=school_of(school, student, city), side=side,
        topic=SupportTopic(topic), asked_by=user, student=student, text=text, reply_way=way,
        mail=mail if way == ReplyWay.MAIL else "", form_key=form_key, language=_language(),
        mail_confirmed_at=clock.now() if user and way == ReplyWay.MAIL else None,
    )  # fmt: skip


@across_municipalities
def schools_to_choose(city: Municipality | None) -> list[School]:
    """The schools of a city; without one, of all: their names are public."""
    schools = School.objects.select_related("municipality").order_by("municipality__name", "name")
    return list(schools.filter(municipality=city) if city else schools)


def store_question(actor: User | None, *, form_key: UUID, **fields: Any) -> SupportQuestion:
    """Store and record a checked question and mail its address; the same form twice is one."""
    try:
        with transaction.atomic():
            row = SupportQuestion.objects.create(form_key=form_key, **fields)
    except IntegrityError:  # the same form at the same moment
        return SupportQuestion.objects.get(form_key=form_key)
    _record_asked(row, actor)
    _ask_to_confirm(row)
    return row


@across_municipalities
@transaction.atomic
def confirm_mail(question_id: UUID) -> SupportQuestion | None:
    """The address of a question is somebody's who wanted the answer; replies so far are mailed."""
    row = SupportQuestion.objects.select_for_update(no_key=True).filter(pk=question_id).first()
    if row is None or not row.mail:
        return None
    if row.mail_confirmed_at is None:
        row.mail_confirmed_at = clock.now()
        row.save(update_fields=["mail_confirmed_at"])
        for reply in row.replies.filter(mailed_at=None):
            reply_mails.mail_reply(row, reply)
    return row


def own_questions(user: User, since: datetime | None = None) -> QuerySet[SupportQuestion]:
    """What this account asked, newest first, with the replies.

    ``since``: a student's ``closed_before``. Whoever holds a PIN that is new and unconfirmed reads
    nothing from before it.
    """
    rows = _asked_by(user, since).order_by("-asked_at", "-pk")
    return rows.select_related("issue").prefetch_related("replies")


def has_new_reply(user: User, since: datetime | None = None) -> bool:
    """Whether a reply waits that this person has not been shown; ``since`` as before."""
    return _asked_by(user, since).filter(has_new_reply=True).exists()


def mark_replies_read(user: User, since: datetime | None = None) -> None:
    """The person has been shown all replies; ``since`` as before."""
    _asked_by(user, since).filter(has_new_reply=True).update(has_new_reply=False)


def _asked_by(user: User, since: datetime | None) -> QuerySet[SupportQuestion]:
    rows = SupportQuestion.objects.filter(asked_by=user)
    return rows if since is None else rows.filter(asked_at__gt=since)


def checked_text(text: str, side: str) -> str:
    """The words as they are kept. Raises CannotAskHelpdesk where there are none, or too many."""
    text = "" if is_blank(text) else plain_lines(text)
    limit = TEXT_LIMIT_OF_STUDENTS if side == AskerSide.STUDENT else TEXT_LIMIT
    if not text:
        raise CannotAskHelpdesk(str(WRITE_IT))
    if len(text) > limit:
        raise CannotAskHelpdesk(_("%(limit)s字までで書いてください。") % {"limit": limit})
    return text


def confirmed_mail_of(user: User | None) -> str:
    """The confirmed address of an account, "" where there is none."""
    found = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk")
    return found.values_list("email", flat=True).first() or "" if user else ""


def _may_ask(user: User | None, address: str) -> bool:
    if user is not None:
        return allow("support.question", str(user.pk))
    return allow("support.question_address", address) and allow("support.question_visitors")


def _ask_to_confirm(row: SupportQuestion) -> None:
    """Mail the address of a question, unless it is confirmed or had too many mails."""
    if row.mail and row.mail_confirmed_at is None and allow("support.mail", row.mail.casefold()):
        reply_mails.mail_confirmation(row)


def school_of(school: School | None, student: Student | None, city: Municipality) -> School | None:
    """The school, where it is one of this city; a student's own."""
    if student is not None:
        return student.school
    return school if school is not None and school.municipality_id == city.pk else None


def _language() -> str:
    language = get_language() or PageLanguage.JA
    return language if language in PageLanguage.values else PageLanguage.JA


def _record_asked(row: SupportQuestion, actor: User | None) -> None:
    """No family reads it: a question belongs to whoever asked."""
    verb = ANSWER_VERB if row.entered_by_id else ""
    role = role_of(actor, row if verb else None, verb) if actor else "none"
    record(
        Action.SUPPORT_ASKED, actor=actor, role=role, municipality_id=row.municipality_id,
        thing=row, audience=Audience.OFFICE,
    )  # fmt: skip
