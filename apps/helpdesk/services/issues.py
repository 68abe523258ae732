"""The register of issues: from a question without the person, sorted and answered by the city."""

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.core.text import is_blank, plain_lines
from apps.helpdesk import issue_states
from apps.helpdesk.models import AskerSide, IssueOrigin, SupportIssue, SupportQuestion
from apps.helpdesk.models.questions import ANSWER_VERB
from apps.helpdesk.services.question_queue import CannotAnswerQuestion
from apps.people.models import User
from apps.people.permissions import role_of
from apps.people.services.recorded_changes import record_change

VIEW_VERB, SORT_VERB = "issues.view", "issues.sort"
TITLE_LIMIT, WORDS_LIMIT = 80, 500


@transaction.atomic
def record_from_question(
    question: SupportQuestion, *, by: User, title: str, words: str = ""
) -> SupportIssue:
    """Write an issue down from a question, which names nobody; one question is one issue.

    Raises CannotAnswerQuestion.
    """
    rows = SupportQuestion.objects.visible_to(by).select_for_update(of=["self"], no_key=True)
    row = rows.get(pk=question.pk)
    earlier = SupportIssue.objects.filter(question=row).first()
    if earlier is not None:
        return earlier
    title, words = " ".join(title.split()), plain_lines(words)
    if is_blank(title) or len(title) > TITLE_LIMIT or len(words) > WORDS_LIMIT:
        raise CannotAnswerQuestion(_("課題を80字までで、くわしいことは500字までで書いてください。"))
    is_family = row.side != AskerSide.STAFF
    issue = SupportIssue.objects.create(
        municipality_id=row.municipality_id, question=row, title=title, words=words,
        origin=IssueOrigin.FAMILY if is_family else IssueOrigin.STAFF,
    )  # fmt: skip
    record(
        Action.SUPPORT_ISSUE, actor=by, role=role_of(by, row, ANSWER_VERB),
        municipality_id=row.municipality_id, thing=issue, audience=Audience.OFFICE,
    )  # fmt: skip
    return issue


@transaction.atomic
def save_issue(row: SupportIssue, *, by: User, fields: list[str], verb: str) -> SupportIssue:
    """Save a checked issue; an answer that is shown waits for whoever asked."""
    row.save()
    record_change(row, by, fields, verb=verb)
    if row.is_answer_shown and {"answer", "is_answer_shown"} & {*fields} and row.question_id:
        asked = SupportQuestion.objects.filter(pk=row.question_id, asked_by__isnull=False)
        asked.update(has_new_reply=True)
    return row


def may_become(before: str, after: str) -> bool:
    """Whether an issue may go from one state to another, or stay."""
    return before == after or after in issue_states.TRANSITIONS[before]
