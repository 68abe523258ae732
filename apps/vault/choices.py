"""How keys end, and what can be wrong with keys and sealed rows."""

from django.db import models


class KeyEnd(models.TextChoices):
    """How a key came to its end."""

    DECISION = "decision", "本人か保護者の返事"
    CIRCUMSTANCES = "circumstances", "期間・名簿・決まり"  # may begin again with the same answers
    REPLAYED = "replayed", "バックアップをもどした後に、消した鍵の一覧から"
    UNEXPLAINED = "unexplained", "しくみの外で行が消えた"


class DamageKind(models.TextChoices):
    """What is wrong with a key or a row. The value is stored; the label is for the officer."""

    SHARE_MISSING = "share_missing", "鍵の片われのファイルがない"
    SHARE_CHANGED = "share_changed", "鍵の片われのファイルがこわれている"
    KEY_CHANGED = "key_changed", "データベースの鍵がこわれている"
    CONTENT_CHANGED = "content_changed", "記録の中身がこわれている"
    LEDGER_CHANGED = "ledger_changed", "同意の台帳が、書いたとおりでない"
    KEY_GONE = "key_gone", "鍵の行が、しくみの外で消された"
