"""Models of わたしの情報: sessions begun by guardians, and what a city says its codes mean."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import check, choices_check, unique
from apps.core.models import UUIDModel
from apps.linkage.models.data_sources import sources_visible_to
from apps.people.models import Guardian, Municipality, Student
from apps.people.permissions import students_in_care
from apps.selfinfo import session_states as states
from apps.selfinfo.reduction import MEANINGS
from apps.vault.key_ring_columns import RingColumn


class SelfInfoState(models.TextChoices):
    """State of a session; the allowed transitions are in apps.selfinfo.session_states."""

    CREATED = states.CREATED, "はじめました"
    AUTHORISING = states.AUTHORISING, "カードの読み取りまち"
    REQUESTED = states.REQUESTED, "たのみました"
    NOTIFIED = states.NOTIFIED, "用意の知らせが来ました"
    POLLING = states.POLLING, "用意をまっています"
    FETCHED = states.FETCHED, "受け取りました"
    REDUCED = states.REDUCED, "区分にまとめました"
    DISCARDED = states.DISCARDED, "おわりました(もとの答えは捨てました)"
    NO_DATA = states.NO_DATA, "記録がありませんでした"
    UNSUPPORTED = states.UNSUPPORTED, "自治体が答えませんでした"
    DENIED = states.DENIED, "わたさない・同意なし"
    EXPIRED = states.EXPIRED, "時間がすぎました"
    ERROR = states.ERROR, "うまくいきませんでした"


class SelfInfoSessionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The sessions of the municipality (or school) of this member of staff."""
        return self.filter(sources_visible_to(user, "student__"))

    def begun_by(self, user):
        """The sessions this guardian began, about children still in their care."""
        if not user.pk:
            return self.none()
        cared_for = Student.objects.filter(students_in_care(user)).values("pk")
        return self.filter(guardian__user=user.pk, student__in=cared_for)

    def open(self):
        return self.filter(state__in=states.OPEN_STATES)

    def due(self):
        """The sessions whose next step is due and that no running worker has claimed."""
        now = clock.now()
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lte=now), next_at__lte=now)


class SelfInfoSession(UUIDModel):
    """One consented session: the row is the queue, and holds nothing of what was read.

    ``papers`` (code, verifier, token) are sealed under the key ring, and gone once it has ended. Of
    ``state`` and the secrets only digests are stored.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="+", db_index=False,
    )  # fmt: skip
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", on_delete=models.PROTECT, related_name="+"
    )
    purposes = ArrayField(models.CharField(max_length=20), verbose_name="たのんだ項目")
    is_trial = models.BooleanField("体験用の代役")
    state = models.CharField(
        "状態", max_length=12, choices=SelfInfoState.choices, default=SelfInfoState.CREATED
    )
    why = models.CharField("わけ", max_length=20, blank=True)
    outcomes = models.JSONField("項目ごとの結果", default=dict)  # {purpose: outcome}: no value
    steps = models.JSONField("どこまで", default=list)  # [[state, ISO moment]]
    started_at = models.DateTimeField("はじめた時", default=clock.now)
    state_changed_at = models.DateTimeField("状態が変わった時", default=clock.now)
    ends_at = models.DateTimeField("この時までに おわる")
    next_at = models.DateTimeField("つぎに見る時", null=True)
    is_busy = models.BooleanField("こみあっている", default=False)
    n_polls = models.PositiveSmallIntegerField("たずねた回数", default=0)
    turn = models.PositiveIntegerField("手をつけた回数", default=0)  # who claimed it last
    claimed_until = models.DateTimeField("この時まで ほかは手をつけない", null=True)
    process_id = models.CharField("処理の番号", max_length=100, blank=True)
    papers = models.BinaryField(null=True, editable=False)
    papers_ring_key = models.CharField(max_length=20, blank=True, editable=False)
    ring_columns = (
        RingColumn(
            "papers", "self_info|{pk}|{student_id}", "papers_ring_key",
            "papers of readings in progress (self-info)",
        ),
    )  # fmt: skip
    state_digest = models.BinaryField(unique=True, editable=False)
    browser_digest = models.BinaryField(editable=False)
    notify_digest = models.BinaryField(unique=True, editable=False)
    returned_at = models.DateTimeField("もどった時", null=True)

    objects = SelfInfoSessionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "わたしの情報の受け取り"
        ordering = ["-started_at"]
        constraints = [
            choices_check("state", SelfInfoState),
            unique(
                ["student", "guardian"],
                name="self_info_one_open",
                condition=Q(state__in=sorted(states.OPEN_STATES)),
            ),
            check(
                "self_info_ends_empty",
                Q(state__in=sorted(states.OPEN_STATES), next_at__isnull=False)
                | Q(
                    state__in=sorted(states.ENDED_STATES), next_at=None, papers=None, process_id=""
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["started_at"], name="self_info_newest"),  # the list, newest first
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="self_info_due"
            ),
            models.Index(fields=["student", "-started_at"], name="self_info_by_student"),
            models.Index(  # those that ended a month ago
                fields=["state_changed_at"],
                condition=Q(state__in=sorted(states.ENDED_STATES)),
                name="self_info_ended",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="moves",
                field="state",
                transitions=sorted(
                    (state, to)
                    for state, following in states.TRANSITIONS.items()
                    for to in following
                ),
            )
        ]

    def __str__(self):
        return f"受付 {self.number}"

    @property
    def number(self):
        """A reference number that a guardian can tell the helpdesk: it identifies nobody."""
        return str(self.pk)[:8].upper()

    @property
    def is_over(self):
        return self.state in states.ENDED_STATES


# What an item may mean: exactly the meanings in apps.selfinfo.reduction.
CodeMeaning = models.TextChoices(
    "Meaning", [(name.upper(), (name, label)) for name, (_, label) in MEANINGS.items()]
)


class SelfInfoCode(UUIDModel):
    """Which item of which 特定個人情報名 means what, as a city found it in the specification."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    meaning = models.CharField("何として読むか", max_length=40, choices=CodeMeaning.choices)
    name_code = models.CharField("特定個人情報名コード", max_length=16)
    item_code = models.CharField("項目コード", max_length=10)
    is_trial = models.BooleanField("体験用(架空のコード)", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "わたしの情報のコード"
        ordering = ["meaning"]
        constraints = [
            choices_check("meaning", CodeMeaning),
            unique(
                ["municipality", "meaning", "is_trial"],
                name="self_info_code_once",
                message="この意味のコードは、もうあります。",
            ),
            unique(
                ["municipality", "name_code", "item_code", "is_trial"],
                name="self_info_item_once",
                message="このコードの項目は、もうあります。",
            ),
            check(
                "self_info_code_form",
                Q(name_code__regex=r"^TM[0-9]{14}$", item_code__regex=r"^[0-9]{10}$"),
                "コードの形が ちがいます(TM と 14けた、項目は 10けた)。",
            ),
        ]

    def __str__(self):
        return f"{self.get_meaning_display()}"
