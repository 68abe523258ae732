"""The devices that want a bell, and the bells waiting to be rung."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.models import UUIDModel, choices_check
from apps.people.models import Municipality


class SubscriptionQuerySet(models.QuerySet):
    def live(self):
        return self.filter(disabled_at=None)


class PushSubscription(UUIDModel):
    """One browser's push endpoint. The endpoint is a capability: it is never logged.

    An endpoint belongs to whoever bound it last (a shared tablet changes hands).
    """

    municipality = models.ForeignKey(Municipality, null=True, on_delete=models.PROTECT)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="アカウント",
        on_delete=models.CASCADE,
        related_name="push_subscriptions",
    )
    endpoint = models.TextField(editable=False)
    endpoint_sha256 = models.BinaryField(unique=True, editable=False)
    p256dh = models.CharField(max_length=120, editable=False)
    auth = models.CharField(max_length=40, editable=False)
    vapid_key = models.CharField("鍵の番号", max_length=16)
    device = models.CharField("端末", max_length=80, blank=True)
    created_at = models.DateTimeField("登録した時", default=timezone.now)
    accepted_at = models.DateTimeField("最後に届いた時", null=True, blank=True)
    disabled_at = models.DateTimeField("やめた時", null=True, blank=True)
    disabled_reason = models.CharField("やめた理由", max_length=40, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知を受け取る端末"

    def __str__(self):
        return self.device or "端末"


class MessageState(models.TextChoices):
    PENDING = "pending", "待っています"
    ACCEPTED = "accepted", "届けました"
    GONE = "gone", "端末が なくなりました"
    FAILED = "failed", "届けられませんでした"
    EXPIRED = "expired", "時間切れ"


class PushMessageQuerySet(models.QuerySet):
    def due(self, now=None):
        """Waiting, its time has come, and nobody is at it."""
        now = now or timezone.now()
        return self.filter(state=MessageState.PENDING, next_at__lte=now)


class PushMessage(UUIDModel):
    """One bell for one device. The row is the queue: a worker claims it by moving ``next_at``.

    ``topic`` names what it is about only to tell two bells apart (RFC 8030, section 5.4);
    ``path`` is where a tap leads. No words of the letter are in it.
    """

    municipality = models.ForeignKey(Municipality, null=True, on_delete=models.PROTECT)
    subscription = models.ForeignKey(
        PushSubscription, on_delete=models.CASCADE, related_name="messages"
    )
    topic = models.CharField("話題", max_length=32)
    path = models.CharField("行き先", max_length=200)
    state = models.CharField(
        "状態", max_length=10, choices=MessageState.choices, default=MessageState.PENDING
    )
    attempts = models.PositiveSmallIntegerField("試した回数", default=0)
    next_at = models.DateTimeField("次に試す時", default=timezone.now)
    expires_at = models.DateTimeField("期限")
    http_status = models.PositiveSmallIntegerField("答え", null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField("終わった時", null=True, blank=True)

    objects = PushMessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        constraints = [
            models.UniqueConstraint(fields=["subscription", "topic"], name="bell_once"),
            choices_check("state", MessageState),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="pending"), name="push_due")
        ]

    def __str__(self):
        return f"{self.topic} ({self.get_state_display()})"
