"""The values that columns of this app may hold, and their labels."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PinEventKind(models.TextChoices):
    FIRST = "first", "はじめて決めました"
    CONFIRMED = "confirmed", "本人が決めたと確かめました"
    CHANGED = "changed", "本人が変えました"


class SchoolAccountKind(models.TextChoices):
    """Whose accounts a school gives to its students."""

    GOOGLE = "google", "Google Workspace"
    MICROSOFT = "microsoft", "Microsoft Entra ID"


class MynaEnvironment(models.TextChoices):
    """Which デジタル認証アプリ: the one for trials, or the real one."""

    SANDBOX = "sandbox", "試験(サンドボックス)"
    PRODUCTION = "production", "本番"


class LtiKeyState(models.TextChoices):
    """A signing key is published in each state; it signs in one."""

    WAITING = "waiting", "公開した(まだ使わない)"
    SIGNING = "signing", "使っている"
    RETIRED = "retired", "使い終えた(まだ公開している)"


class EndingReason(models.TextChoices):
    """Why staff ended somebody's sign-ins."""

    DEVICE_LOST = "device_lost", _("端末をなくした")
    SOMEBODY_ELSE = "somebody_else", _("ほかの人が使っているおそれがある")
    ASKED = "asked", _("本人(または保護者)に頼まれた")
    FOR_MANY = "for_many", _("学校や自治体の全員について、二人で決めた")
