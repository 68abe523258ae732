"""The register of issues (課題): what does not work well, whoever said so, and the city's answer."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.constraints import check, choices_checks
from apps.core.models import UUIDModel, only_transitions
from apps.helpdesk import issue_states
from apps.helpdesk.models.questions import SupportQuestion
from apps.people.models import Municipality


class IssueOrigin(models.TextChoices):
    """From whom an issue came."""

    STAFF = "staff", _("学校・市の職員")
    FAMILY = "family", _("生徒・家庭")
    HELPDESK = "helpdesk", _("ヘルプデスク")


class IssueState(models.TextChoices):
    RECORDED = issue_states.RECORDED, _("書きとめた")
    ACCEPTED = issue_states.ACCEPTED, _("取り組む")
    DONE = issue_states.DONE, _("できた")
    DECLINED = issue_states.DECLINED, _("見送る")


class IssuePriority(models.TextChoices):
    HIGH = "1_high", _("高い")
    NORMAL = "2_normal", _("ふつう")
    LOW = "3_low", _("低い")


class SupportIssue(UUIDModel):
    """One issue; it names nobody. ``question``: the one it came from, whose asker reads the answer
    where ``is_answer_shown``.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    question = models.OneToOneField(
        SupportQuestion, null=True, editable=False, on_delete=models.SET_NULL, related_name="issue"
    )
    origin = models.CharField("どこから", max_length=10, choices=IssueOrigin.choices)
    title = models.CharField("課題", max_length=80)
    words = models.TextField("くわしく", max_length=500, blank=True)
    state = models.CharField(
        "状態", max_length=10, choices=IssueState.choices, default=IssueState.RECORDED
    )
    priority = models.CharField(
        "優先", max_length=10, choices=IssuePriority.choices, default=IssuePriority.NORMAL
    )
    answer = models.TextField("市の答え", max_length=500, blank=True)
    is_answer_shown = models.BooleanField("聞いた人に、答えを見せる", default=False)
    recorded_at = models.DateTimeField("書きとめた時", default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "課題"
        ordering = ["priority", "-recorded_at", "pk"]
        constraints = [
            *choices_checks(origin=IssueOrigin, state=IssueState, priority=IssuePriority),
            check(
                "support_issue_shown_is_answered", Q(is_answer_shown=False) | ~Q(answer=""),
                "見せる答えを書いてください。",
            ),
        ]  # fmt: skip
        indexes = [
            # the register, in its order
            models.Index(fields=["municipality", "priority", "-recorded_at", "id"],
                         name="support_issues"),
        ]  # fmt: skip
        triggers = only_transitions(issue_states.TRANSITIONS)

    def __str__(self) -> str:
        return self.title
