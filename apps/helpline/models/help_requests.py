"""Help requests, replies, and closing notes of staff."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import check, choices_checks, unique
from apps.core.models import append_only
from apps.helpline.models.choices import AnswerWay, HelpState
from apps.helpline.models.readers import HelpReader
from apps.people.models import Role, Student
from apps.people.permissions import may, not_own_class
from apps.vault.models import SealedQuerySet, SealedRow

# Of requests without a reply: unopened ones (sent) before opened ones (seen), the longest waiting
# first.
UNSEEN_FIRST_ORDER = ("-state", "sent_at")


class HelpRequestQuerySet(SealedQuerySet):
    def visible_to(self, user):
        """The requests this person is a reader of; never of their own child or its class."""
        if not may(user, "help.answer"):
            return self.none()
        readable = HelpReader.objects.of(user).values("request")
        return self.filter(not_own_class(user, "student__"), pk__in=readable)

    def waiting(self):
        """Requests nobody has opened yet, the longest waiting first."""
        return self.filter(state=HelpState.SENT).order_by("sent_at")

    def unanswered(self):
        """Opened requests without a reply, the longest waiting first."""
        return self.filter(state=HelpState.SEEN).order_by("sent_at")

    def written_again(self):
        """Those in which the student has written back and nobody has read it yet."""
        return self.exclude(wrote_at=None).order_by("wrote_at")

    def open(self):
        return self.filter(state__in=[HelpState.SENT, HelpState.SEEN])


class HelpRequest(SealedRow):
    """A student's request to talk: encrypted {wanted, topic, words}. Its key ("helpline") needs no
    consent. ``chosen`` is whom the student chose; None: anybody of the duty roster.

    ``is_protected``: it may be about an adult at school; the city's route follows, not the school's
    contacts. ``is_for_city``: the school has no duty hours and the city no route; people of the city
    read it. ``without_pin``: sent with the card alone. ``seen_at`` is when somebody whom the student chose opened it: only that ends the calls.
    """

    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(
        "状態", max_length=10, choices=HelpState.choices, default=HelpState.SENT
    )
    form_key = models.UUIDField(editable=False)
    chosen = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_protected = models.BooleanField(default=False, db_default=False, editable=False)
    is_for_city = models.BooleanField(default=False, db_default=False, editable=False)
    without_pin = models.BooleanField(
        "暗証番号なし", default=False, db_default=False, editable=False
    )
    answer_way = models.CharField(
        "返事のしかた", max_length=6, choices=AnswerWay.choices, default=AnswerWay.HERE,
        db_default=AnswerWay.HERE,
    )  # fmt: skip
    sent_at = models.DateTimeField("送った時", default=clock.now)
    opened_at = (
        models.DateTimeField(  # when the page was opened, if it waited on a tablet; else None
            "画面を開いた時", null=True, blank=True, editable=False
        )
    )
    seen_at = models.DateTimeField("見た時", null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    seen_role = models.CharField("見た人の立場", max_length=40, blank=True)
    answered_at = models.DateTimeField("返事の時", null=True, blank=True)
    wrote_at = models.DateTimeField(  # None: whoever answers this request has read all of it
        "生徒がまた書いた時", null=True, blank=True, editable=False
    )
    closed_at = models.DateTimeField("おわりにした時", null=True, blank=True)
    hidden_at = models.DateTimeField("本人が自分の画面から消した時", null=True, blank=True)
    closing_note = models.OneToOneField(
        "helpline.HelpNote", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = HelpRequestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "話したい(相談の希望)"
        ordering = ["sent_at"]
        constraints = [
            *choices_checks(state=HelpState, answer_way=AnswerWay),
            check(
                "help_of_route_or_city",
                Q(is_protected=False) | Q(is_for_city=False),
                "相談先と市の両方には送れません。",
            ),
            unique(["student", "form_key"], name="help_form_once"),
            check(
                "help_closed_needs_a_note",
                ~Q(state="closed")
                | Q(closing_note__isnull=False, closed_at__isnull=False, seen_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["sent_at"], condition=Q(state__in=["sent", "seen"]),
                         name="help_open"),
            # those in which the student has written again, the longest waiting first
            models.Index(fields=["wrote_at"], condition=Q(wrote_at__isnull=False),
                         name="help_wrote"),
            # the list of all, newest first
            models.Index(fields=["sent_at"], name="help_sent"),
        ]  # fmt: skip

    def __str__(self):
        return f"話したい ({self.get_state_display()})"

    @classmethod
    def may_all_be_opened(cls, rows, actor):
        """Whether this person is a reader of every one of these requests."""
        return _reads_all({row.pk for row in rows}, actor)

    @property
    def seen_label(self):
        """The role of who opened it first, in words for staff ("" before)."""
        return Role(self.seen_role).label if self.seen_role in Role.values else self.seen_role

    @property
    def calling_progress(self):
        """The last escalation step done, in words for staff ("" before the first call)."""
        done = [step for step in self.steps.all() if step.done_at]
        return done[-1].get_kind_display() if done else ""


class RequestPart(SealedRow):
    """What staff write about a request: opened by the readers of that request."""

    class Meta:
        abstract = True

    @classmethod
    def may_all_be_opened(cls, rows, actor):
        """Whether this person is a reader of the requests of all these rows."""
        return _reads_all({row.request_id for row in rows}, actor)


def _reads_all(request_ids, actor):
    readable = HelpRequest.objects.filter(pk__in=request_ids).visible_to(actor)
    return readable.count() == len(request_ids)


class HelpReply(RequestPart):
    """A reply by staff, encrypted {words}, with {meeting: {at, place}} where it proposes one.

    Append-only.
    """

    request = models.ForeignKey(
        HelpRequest, on_delete=models.PROTECT, related_name="replies", db_index=False
    )
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    form_key = models.UUIDField(
        editable=False
    )  # made when the form opens, so that a double submit is one
    replied_role = models.CharField("立場", max_length=40)
    replied_at = models.DateTimeField("いつ", default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "返事"
        ordering = ["replied_at"]
        constraints = [unique(["request", "form_key"], name="help_reply_form_once")]
        triggers = append_only()

    def __str__(self):
        return f"返事 ({self.replied_at:%Y-%m-%d %H:%M})"


class HelpMessage(RequestPart):
    """What a student writes back in a talk, encrypted {words}, or {answer} to a proposed meeting.

    ``answers`` is the reply that proposed it: answered once. Append-only.
    """

    request = models.ForeignKey(
        HelpRequest, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    answers = models.OneToOneField(
        HelpReply, null=True, on_delete=models.PROTECT, related_name="answer"
    )
    form_key = models.UUIDField(editable=False)
    sent_at = models.DateTimeField("いつ", default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "生徒が書いたもの"
        ordering = ["sent_at"]
        constraints = [unique(["request", "form_key"], name="help_message_form_once")]
        triggers = append_only()

    def __str__(self):
        return f"生徒が書いたもの ({self.sent_at:%Y-%m-%d %H:%M})"


class HelpNote(RequestPart):
    """What staff did about a request, encrypted {words}; needed to close it. For staff only."""

    request = models.ForeignKey(
        HelpRequest, on_delete=models.PROTECT, related_name="notes", db_index=False
    )
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    form_key = models.UUIDField(editable=False)
    noted_role = models.CharField("立場", max_length=40)
    noted_at = models.DateTimeField("いつ", default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "したことの記録"
        ordering = ["noted_at"]
        constraints = [unique(["request", "form_key"], name="help_note_form_once")]
        triggers = append_only()

    def __str__(self):
        return f"記録 ({self.noted_at:%Y-%m-%d %H:%M})"
