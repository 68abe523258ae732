"""The values that columns of this app may hold, and their labels."""

from django.db import models


class GuardianListState(models.TextChoices):
    CHECKED = "checked", "確認まち"
    TAKEN = "taken", "取り込みました"
    DROPPED = "dropped", "取り込みませんでした"


class LetterFileState(models.TextChoices):
    WAITING = "waiting", "順番を待っています"
    RUNNING = "running", "作っています"
    DONE = "done", "できました"
    GONE = "gone", "消しました(30分がすぎました)"
    FAILED = "failed", "作れませんでした"


class SheetKind(models.TextChoices):
    CARDS = "cards", "ログインカード"
    LETTERS = "letters", "招待の手紙"


class RegistrationState(models.TextChoices):
    WAITING = "waiting", "確認を待っています"
    CONFIRMED = "confirmed", "確かめました"
    REFUSED = "refused", "保護者ではないとしました"
    LAPSED = "lapsed", "確かめられないまま、40日がすぎました"
    TAKEN_BACK = "taken_back", "本人が取り消しました"


class EvidenceKind(models.TextChoices):
    """Evidence for a newcomer besides the letter (see ``confirmation_rules.SUFFICIENT_EVIDENCE``)."""

    SLIP = "slip", "署名した控えがもどった"
    CALL_BACK = "call_back", "学校が前から持つ番号に電話した"
    MEETING = "meeting", "会って確かめた"
    VOUCH = "vouch", "担任が知っている(これだけでは足りない)"
    DOCUMENT = "document", "立場の書類を見た(これだけでは足りない)"
