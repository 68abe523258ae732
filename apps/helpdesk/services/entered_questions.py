"""Questions that somebody asks on the telephone or at the counter, written down by the helpdesk."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.languages import PageLanguage
from apps.helpdesk.models import AskerSide, ReplyWay, SupportQuestion, SupportTopic
from apps.helpdesk.models.questions import ANSWER_VERB
from apps.helpdesk.services import questions
from apps.people.models import Municipality, School, Student, User
from apps.people.permissions import cities_where, may
from apps.people.services.person_accounts import children_of_person


@transaction.atomic
def enter_question(
    *, by: User, side: str, topic: str, text: str, reply_way: str, form_key: UUID,
    municipality: Municipality, school: School | None = None, student: Student | None = None,
    mail: str = "",
) -> SupportQuestion:  # fmt: skip
    """Enter what somebody asked on the telephone; the same form twice is one. Raises questions.CannotAskHelpdesk."""
    earlier = SupportQuestion.objects.filter(form_key=form_key).first()
    if earlier is not None:
        return earlier
    if municipality.pk not in cities_where(by, ANSWER_VERB) or not _may_enter_for(by, student):
        raise questions.CannotAskHelpdesk(_("この自治体の質問は入れられません。"))
    way, account = ReplyWay(reply_way), student.user if student else None
    if way == ReplyWay.INBOX and account is None:
        raise questions.CannotAskHelpdesk(_("この人には、ポータルで返事ができません。"))
    if way == ReplyWay.MAIL and not mail.strip():
        raise questions.CannotAskHelpdesk(str(questions.NO_MAIL))
    side = AskerSide.STUDENT if student else AskerSide(side)
    return questions.store_question(
        by, municipality=municipality, school=questions.school_of(school, student, municipality),
        side=side, topic=SupportTopic(topic), asked_by=account, student=student, entered_by=by,
        text=questions.checked_text(text, side), reply_way=way, form_key=form_key,
        mail=mail.strip() if way == ReplyWay.MAIL else "", language=PageLanguage.JA,
    )  # fmt: skip


def _may_enter_for(by: User, student: Student | None) -> bool:
    """Whether ``by`` sees this student in the roster, and is no family of theirs."""
    if student is None:
        return True
    return may(by, "roster.view", student) and student.pk not in children_of_person(by)
