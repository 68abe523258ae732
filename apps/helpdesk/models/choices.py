"""The values that columns of this app may hold, and their labels."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.helpdesk import question_states


class SupportTopic(models.TextChoices):
    """What a question is about."""

    SIGN_IN = "sign_in", _("入り方・パスワード")
    CARD = "card", _("カード・暗証番号")
    NOTIFICATIONS = "notifications", _("アプリ・通知")
    CONSENT = "consent", _("データの同意")
    LETTER = "letter", _("学校からの手紙・登録")
    FILES = "files", _("名簿・ファイル")
    OTHER = "other", _("そのほか")


class AskerSide(models.TextChoices):
    """Who asks."""

    STUDENT = "student", _("生徒")
    GUARDIAN = "guardian", _("保護者")
    STAFF = "staff", _("職員")


class ReplyWay(models.TextChoices):
    """How the answer comes."""

    INBOX = "inbox", _("このポータルで読む")
    MAIL = "mail", _("メールで受け取る")
    NONE = "none", _("返事はいらない")


class QuestionState(models.TextChoices):
    NEW = question_states.NEW, _("届きました")
    TAKEN = question_states.TAKEN, _("調べています")
    ANSWERED = question_states.ANSWERED, _("返事をしました")
    ENDED = question_states.ENDED, _("終わりました")
    HANDED_OVER = question_states.HANDED_OVER, _("相談の人に渡しました")
