"""The values that columns of this app may hold, and their labels."""

from django.db import models


class EndReason(models.TextChoices):
    """Why a key was destroyed, as the people concerned are told."""

    DECISION = "decision", "返事が変わった"
    NEW_WORDS = "new_words", "説明が新しくなった"
    NOT_OFFERED = "not_offered", "たずねるのをやめた"
    OUT_OF_TERM = "out_of_term", "期間が終わった"
    NOT_ENROLLED = "not_enrolled", "名簿から消えた"
    ALONE = "alone", "本人だけで決める年齢になった"
    OTHER = "other", "必要な人の返事がそろわなくなった"
    REPLAYED = "replayed", "バックアップをもどす前に終わっていた"
    LOST = "lost", "鍵が失われた"


class RowSource(models.TextChoices):
    """Which app's rows a sweep deleted."""

    LINKAGE = "linkage", "連携データ"
    CHECKINS = "checkins", "チェックイン"
    CASES = "cases", "気づき"


class MessageKind(models.TextChoices):
    BEGAN = "began", "つながった"
    ENDED = "ended", "終わった"
    NEW_WORDS = "new_words", "説明が新しくなった"
    ALONE = "alone", "自分で決める年齢になった"
    LOST = "lost", "鍵が失われた"


class PaperFormState(models.TextChoices):
    ISSUED = "issued", "印刷した"
    ENTERED = "entered", "入力した(確認まち)"
    CONFIRMED = "confirmed", "確かめた"
    DROPPED = "dropped", "使わない"


class Purpose(models.TextChoices):
    """What data is used, from which source, for what. Each is agreed to and withdrawn separately."""

    CHECKIN_REVIEW = "checkin_review", "チェックインの答えを 先生が 見まもりに 使う"
    ATTENDANCE = "attendance", "出席のようす"
    NURSE_ROOM = "nurse_room", "保健室に 来た 回数"
    GRADES = "grades", "成績の 大きな 変化"
    MOOD_WEATHER = "mood_weather", "心の天気"
    STUDY_LOG = "study_log", "学習の きろく"
    HOUSEHOLD = "household", "世帯の 人数(区分)"
    INCOME = "income", "所得の 区分"
    ALLOWANCES = "allowances", "手当などの 受給(有無)"
    EVALUATION = "evaluation", "名前を 消して 取り組みの 検証に 使う"


class Party(models.TextChoices):
    GUARDIAN = "guardian", "保護者"
    STUDENT = "student", "本人"


class Response(models.TextChoices):
    GIVEN = "given", "同意"
    REFUSED = "refused", "不同意"
    LATER = "later", "あとで"
    UNSURE = "unsure", "わからない、話を聞きたい"
    WITHDRAWN = "withdrawn", "取り下げ"


class Decider(models.TextChoices):
    BOTH = "both", "保護者と 本人の 両方"
    GUARDIAN = "guardian", "保護者(本人が ことわれば つながない)"


class Channel(models.TextChoices):
    WEB = "web", "この サイト"
    PAPER = "paper", "紙"
    TELEPHONE = "telephone", "電話"


class TelephoneAnswerState(models.TextChoices):
    WAITING = "waiting", "確認まち"
    CONFIRMED = "confirmed", "確かめた"
    DROPPED = "dropped", "使わない"
    LAPSED = "lapsed", "確かめないまま、期限がすぎた"


class SpokenBy(models.TextChoices):
    """Who answered for the guardian. Never the child, so there is no code for it."""

    SELF = "self", "保護者本人"
    INTERPRETER = "interpreter", "通訳をまじえて(通訳は、子どもではない)"


class IdentifiedBy(models.TextChoices):
    """How the school identified the speaker. No number is kept."""

    EMERGENCY_CARD = "emergency_card", "学校の緊急連絡カードの番号に、学校からかけた"
    NUMBER_HELD = "number_held", "学校が前から知っていた、ほかの番号に、学校からかけた"
    CALLED_IN = "called_in", "かかってきた電話(まだ、かけなおしていない)"


class ConfirmedBy(models.TextChoices):
    """How the second person knows the answer."""

    LISTENED = "listened", "その電話を、いっしょに聞いた"
    CALLED_BACK = "called_back", "学校が前から知っていた番号に、かけなおして聞いた"
