"""Questions about using the portal, and the replies."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import check, choices_check, choices_checks, unique
from apps.core.languages import PageLanguage
from apps.core.models import TimeOrderedModel, no_truncate, only_resealed, only_transitions
from apps.core.sealed_field import SealedTextField
from apps.helpdesk import question_states
from apps.helpdesk.models.choices import AskerSide, QuestionState, ReplyWay, SupportTopic
from apps.people.models import Municipality, Role, School, Student, User
from apps.people.permissions import cities_where, not_other_guardian, not_own_family

ANSWER_VERB = "support.answer"
IS_OPEN = Q(state__in=question_states.OPEN)


class SupportQuestionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> "SupportQuestionQuerySet":
        """Those of the cities whose helpdesk this person is, without their own family's.

        Nobody reads as staff what their child or the child's other guardians ask: a colleague may
        be the parent who must not know.
        """
        found = self.filter(municipality__in=cities_where(user, ANSWER_VERB))
        family = not_own_family(user, "student__"), not_other_guardian(user, "asked_by")
        return found.filter(*family)

    def open(self) -> "SupportQuestionQuerySet":
        """Those that still need somebody."""
        return self.filter(IS_OPEN)


class SupportQuestion(TimeOrderedModel):
    """One question; its words and the mail address are encrypted.

    ``student``: the student who asks, as far as that is known. Once handed over to the people of
    the helpline it names nobody and has no words any more.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    school = models.ForeignKey(
        School, verbose_name="学校", null=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    side = models.CharField("だれから", max_length=10, choices=AskerSide.choices)
    topic = models.CharField("何のこと", max_length=14, choices=SupportTopic.choices)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="アカウント", null=True, on_delete=models.PROTECT,
        related_name="+", db_index=False,
    )  # fmt: skip
    student = models.ForeignKey(
        Student, verbose_name="生徒", null=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="電話で聞いた人", null=True,
        on_delete=models.PROTECT, related_name="+", db_index=False,
    )  # fmt: skip
    text = SealedTextField("質問", blank=True)
    reply_way = models.CharField("返事のしかた", max_length=6, choices=ReplyWay.choices)
    mail = SealedTextField("メール", blank=True)
    mail_confirmed_at = models.DateTimeField("メールを確かめた時", null=True)
    language = models.CharField("画面の言葉", max_length=7, choices=PageLanguage.choices)
    state = models.CharField(
        "状態", max_length=12, choices=QuestionState.choices, default=QuestionState.NEW
    )
    version = models.PositiveIntegerField(default=1)  # of what a page has shown
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="担当", null=True, on_delete=models.PROTECT,
        related_name="+", db_index=False,
    )  # fmt: skip
    has_new_reply = models.BooleanField("読んでいない返事がある", default=False)
    form_key = models.UUIDField(unique=True, editable=False)
    asked_at = models.DateTimeField("届いた時", default=clock.now)
    first_answered_at = models.DateTimeField("はじめの返事", null=True)
    ended_at = models.DateTimeField("終わった時", null=True)

    objects = SupportQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "使い方の質問"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            *choices_checks(
                side=AskerSide,
                topic=SupportTopic,
                reply_way=ReplyWay,
                state=QuestionState,
                language=PageLanguage,
            ),
            check(
                "support_inbox_has_account",
                ~Q(reply_way="inbox") | Q(asked_by__isnull=False) | Q(state="handed_over"),
            ),
            check(
                "support_handed_over_says_nothing",
                ~Q(state="handed_over") | Q(text="", mail="", asked_by=None, student=None),
            ),
            check(
                "support_question_ended",
                Q(ended_at=None, state__in=question_states.OPEN)
                | (Q(ended_at__isnull=False) & ~IS_OPEN),
            ),
        ]
        indexes = [
            # the list of the helpdesk, newest first
            models.Index(fields=["municipality", "-asked_at", "-id"], name="support_list"),
            # those that wait, the longest waiting first, and how many
            models.Index(fields=["municipality", "asked_at", "id"], condition=IS_OPEN,
                         name="support_open"),
            # one person's own, newest first
            models.Index(fields=["asked_by", "-asked_at"], condition=Q(asked_by__isnull=False),
                         name="support_own"),
            # whether a reply waits for somebody
            models.Index(fields=["asked_by"], condition=Q(has_new_reply=True),
                         name="support_new_reply"),
            # what is to be deleted
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False),
                         name="support_ended"),
            models.Index(fields=["asked_at"], name="support_asked"),
        ]  # fmt: skip
        triggers = [
            only_resealed("text", emptied_when="NEW.state = 'handed_over'"),
            *only_transitions(question_states.TRANSITIONS),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"質問 ({self.asked_at:%Y-%m-%d})"

    @property
    def is_open(self) -> bool:
        """Whether it still needs somebody."""
        return self.state in question_states.OPEN

    @property
    def may_mail(self) -> bool:
        """Whether an answer can be mailed now."""
        return bool(self.mail and self.mail_confirmed_at)


class SupportReply(TimeOrderedModel):
    """A reply, or what was said on the telephone; its words are encrypted and never change."""

    question = models.ForeignKey(
        SupportQuestion, on_delete=models.CASCADE, related_name="replies", db_index=False
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    written_role = models.CharField("立場", max_length=20, choices=Role.choices)
    text = SealedTextField("返事")
    form_key = models.UUIDField(editable=False)
    written_at = models.DateTimeField("書いた時", default=clock.now)
    mailed_at = models.DateTimeField("メールに出した時", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "質問への返事"
        ordering = ["written_at", "pk"]
        constraints = [
            choices_check("written_role", Role),
            unique(["question", "form_key"], name="support_reply_form_once"),
        ]
        indexes = [
            # the replies of a question, in their order
            models.Index(fields=["question", "written_at"], name="support_replies"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="as_written", exclude=["text", "mailed_at"]),
            only_resealed("text"),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"返事 ({self.written_at:%Y-%m-%d})"
