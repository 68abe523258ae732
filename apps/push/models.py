"""Push subscriptions, and what is sent to them: broadcast → chunks → deliveries."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.core import clock
from apps.core.constraints import check, choices_check, empty_when, unique
from apps.core.models import TimeOrderedModel, UUIDModel
from apps.people.models import Municipality, School


class CircuitState(models.TextChoices):
    CLOSED = "closed", "つながっています"
    OPEN = "open", "止めています"
    HALF_OPEN = "half_open", "ためしています"


class PushOrigin(UUIDModel):
    """One push service (scheme, host, port), its rate limit and whether it answers.

    ``apps.push.circuit_breaker`` says what the numbers mean; ``refused_at`` is set while the
    service rejects our signature: the operator has to act.
    """

    origin = models.CharField("配信サービス", max_length=200, unique=True)
    state = models.CharField(
        "状態", max_length=10, choices=CircuitState.choices, default=CircuitState.CLOSED
    )
    open_until = models.DateTimeField("次に ためす時", null=True, blank=True)
    rate = models.FloatField("1秒に 送る数", default=0)
    tokens = models.FloatField(default=0)
    tokens_at = models.DateTimeField(null=True, blank=True)
    n_sent = models.FloatField("最近 送った数", default=0)
    n_failed = models.FloatField("最近 失敗した端末", default=0)
    n_throttled = models.FloatField("最近 待つよう 言われた端末", default=0)
    n_refused = models.FloatField("最近 署名を 断られた端末", default=0)
    n_lost_probes = models.PositiveIntegerField(default=0)
    clean_since = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField("署名を 断られた時", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "配信サービス"
        ordering = ["origin"]
        constraints = [choices_check("state", CircuitState)]

    def __str__(self):
        return self.origin


class DeviceState(models.TextChoices):
    LIVE = "live", "受け取っています"
    LEFT = "left", "本人が やめました"
    SIGNED_OUT = "signed_out", "この端末で 終わりました"
    GONE = "gone", "端末が なくなりました"
    KEY_CHANGED = "key_changed", "鍵が 変わりました"
    TOO_MANY = "too_many", "端末が 多すぎました"


class PushSubscriptionQuerySet(models.QuerySet):
    def live(self):
        return self.filter(disabled_at=None)


class PushSubscription(UUIDModel):
    """One browser's push endpoint. Who knows the endpoint can send to it, so it is never logged.

    An endpoint belongs to whoever bound it last (tablets are shared). ``school`` is that of the
    person (for a guardian, of a child): its quiet hours apply.
    """

    municipality = models.ForeignKey(
        Municipality, null=True, on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(School, verbose_name="学校", null=True, on_delete=models.SET_NULL)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="アカウント",
        on_delete=models.CASCADE,
        related_name="push_subscriptions",
    )
    origin = models.ForeignKey(
        PushOrigin, verbose_name="配信サービス", on_delete=models.PROTECT, db_index=False
    )
    endpoint = models.TextField(editable=False)
    endpoint_sha256 = models.BinaryField(unique=True, editable=False)
    p256dh = models.CharField(max_length=120, editable=False)
    auth = models.CharField(max_length=40, editable=False)
    vapid_key = models.CharField("鍵の番号", max_length=16)
    device = models.CharField("端末", max_length=80, blank=True)
    created_at = models.DateTimeField("登録した時", default=clock.now)
    bound_at = models.DateTimeField("この人に 結んだ時", default=clock.now)
    seen_at = models.DateTimeField("最後に 開いた時", default=clock.now)
    accepted_at = models.DateTimeField("最後に 預けた時", null=True, blank=True)
    acked_at = models.DateTimeField("最後に 鳴った時", null=True, blank=True)
    state = models.CharField(
        "状態", max_length=12, choices=DeviceState.choices, default=DeviceState.LIVE
    )
    disabled_at = models.DateTimeField("やめた時", null=True, blank=True)
    # Failures since the last success: such a device is sent to last and
    # on its own connection, and says nothing about its service.
    n_trouble = models.PositiveSmallIntegerField(default=0)

    objects = PushSubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知を受け取る端末"
        constraints = [
            choices_check("state", DeviceState),
            check("device_live_or_disabled", empty_when("disabled_at", state="live")),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="push_device_newest"
            ),  # the list, newest first
            models.Index(  # those that are used no more
                fields=["created_at"], condition=~Q(state="live"), name="push_device_off"
            ),
            models.Index(
                fields=["origin", "id"], condition=Q(disabled_at=None), name="push_live_devices"
            ),
        ]

    def __str__(self):
        return self.device or "端末"


class BroadcastState(models.TextChoices):
    PLANNING = "planning", "準備しています"
    RUNNING = "running", "送っています"
    PAUSED = "paused", "止めています"
    CANCELLED = "cancelled", "取りやめました"
    FINISHED = "finished", "終わりました"


STOPPED_STATES = (BroadcastState.CANCELLED, BroadcastState.FINISHED)


class BroadcastQuerySet(models.QuerySet):
    def shared(self):
        """Broadcasts to many people; a message to one person is not listed."""
        return self.exclude(audience=None)

    def planning(self):
        return self.filter(state=BroadcastState.PLANNING)


class Broadcast(UUIDModel):
    """One occasion to send push messages: to whom, where a tap leads, until when. No text of a
    notice.

    The recipients are either ``audience`` (apps.push.audience), ``user_ids`` or one ``device``.
    ``topic`` names the occasion (RFC 8030, section 5.4): a device gets each once. ``round`` grows
    when people are added to an occasion that was planned already.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", null=True, on_delete=models.PROTECT, db_index=False,
    )  # fmt: skip
    topic = models.CharField("話題", max_length=32)
    path = models.CharField("行き先", max_length=200)
    audience = models.JSONField("宛先", null=True, blank=True)
    user_ids = ArrayField(models.UUIDField(), null=True, blank=True)
    device = models.ForeignKey(PushSubscription, null=True, blank=True, on_delete=models.CASCADE)
    is_urgent = models.BooleanField("緊急", default=False)
    state = models.CharField(
        "状態", max_length=10, choices=BroadcastState.choices, default=BroadcastState.PLANNING
    )
    round = models.PositiveSmallIntegerField(default=0)
    n_people = models.PositiveIntegerField("宛先の人数", default=0)
    n_able = models.PositiveIntegerField("端末のある人数", default=0)
    created_at = models.DateTimeField("はじめた時", default=clock.now)
    expires_at = models.DateTimeField("期限")
    finished_at = models.DateTimeField("終わった時", null=True, blank=True)

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        ordering = ["-created_at"]
        constraints = [
            unique(["topic"], name="broadcast_topic_once"),
            choices_check("state", BroadcastState),
            check(
                "broadcast_is_for_somebody",
                Q(audience__isnull=False) | Q(user_ids__isnull=False) | Q(device__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(audience__isnull=False),
                name="push_shared_newest",
            ),  # the list, newest first
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["planning", "running"]),
                name="push_broadcast_at_work",
            ),
            # those that ended long ago
            models.Index(
                fields=["finished_at"],
                condition=Q(finished_at__isnull=False),
                name="push_broadcast_ended",
            ),
        ]

    def __str__(self):
        return f"{timezone.localtime(self.created_at):%Y-%m-%d %H:%M} の 通知"

    @property
    def n_unable(self):
        return max(self.n_people - self.n_able, 0)

    @property
    def is_stopped(self):
        return self.state in STOPPED_STATES


class BroadcastChunk(TimeOrderedModel):
    """Up to 500 devices of one push service: what one worker claims at a time, under a lease.

    The row is the queue. ``next_at`` is the earliest ``next_at`` of its deliveries; ``n_lost``
    counts workers that died while they had it.
    """

    broadcast = models.ForeignKey(
        Broadcast, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    round = models.PositiveSmallIntegerField(default=0)
    origin = models.ForeignKey(PushOrigin, on_delete=models.PROTECT)
    lo = models.UUIDField()
    hi = models.UUIDField()
    is_done = models.BooleanField(default=False)
    inserted_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(default=clock.now)
    lease_until = models.DateTimeField(null=True)
    n_lost = models.PositiveSmallIntegerField(default=0)
    n = models.PositiveIntegerField(default=0)
    n_accepted = models.PositiveIntegerField(default=0)
    n_gone = models.PositiveIntegerField(default=0)
    n_failed = models.PositiveIntegerField(default=0)
    n_expired = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [unique(["broadcast", "round", "origin", "lo"], name="chunk_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(is_done=False), name="push_chunks_due")
        ]


class DeliveryState(models.TextChoices):
    PENDING = "pending", "待っています"
    ACCEPTED = "accepted", "預けました"
    GONE = "gone", "端末が なくなりました"
    FAILED = "failed", "届けられませんでした"
    EXPIRED = "expired", "時間切れ"
    CANCELLED = "cancelled", "取りやめました"


class PushDelivery(models.Model):
    """One push message to one device: unique for each pair of broadcast and subscription.

    ``accepted`` is what the push service said, ``acked_at`` what the device reported.
    """

    pk = models.CompositePrimaryKey("broadcast_id", "subscription_id")
    broadcast = models.ForeignKey(
        Broadcast, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    subscription = models.ForeignKey(
        PushSubscription, on_delete=models.CASCADE, related_name="deliveries"
    )
    chunk = models.ForeignKey(BroadcastChunk, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(
        max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=clock.now)
    http_status = models.PositiveSmallIntegerField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    finished_at = models.DateTimeField(null=True)
    acked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [choices_check("state", DeliveryState)]
        indexes = [
            models.Index(
                fields=["broadcast"], condition=Q(acked_at__isnull=False), name="push_acked"
            )
        ]

    def __str__(self):
        return self.get_state_display()


class QuietHours(UUIDModel):
    """Hours in which a school (None: the whole municipality) gets only urgent push messages."""

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    school = models.ForeignKey(
        School, verbose_name="学校", null=True, blank=True, on_delete=models.PROTECT
    )
    begins = models.TimeField("鳴らさない はじめ")
    ends = models.TimeField("鳴らさない おわり")

    class Meta:
        verbose_name = verbose_name_plural = "通知を鳴らさない時間"
        constraints = [
            unique(
                ["municipality", "school"],
                name="quiet_hours_once",
                message="この学校の時間は、もう決めてあります。",
                nulls_distinct=False,
            )
        ]

    def __str__(self):
        return f"{self.school or self.municipality} {self.begins:%H:%M}–{self.ends:%H:%M}"
