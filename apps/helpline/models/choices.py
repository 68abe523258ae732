"""The values that columns of this app may hold, and their labels."""

from django.db import models


class Weekday(models.IntegerChoices):
    MONDAY = 0, "月"
    TUESDAY = 1, "火"
    WEDNESDAY = 2, "水"
    THURSDAY = 3, "木"
    FRIDAY = 4, "金"
    SATURDAY = 5, "土"
    SUNDAY = 6, "日"


class AnswersAs(models.TextChoices):
    NURSE = "nurse", "保健室の先生"
    COUNSELLOR = "counsellor", "スクールカウンセラー"
    OTHER = "other", "ほかの先生"


class ApproverRole(models.TextChoices):
    NURSE = "nurse", "養護教諭"
    COUNSELLOR = "counsellor", "スクールカウンセラー"


class EscalationStepKind(models.TextChoices):
    FIRST = "first", "はじめの人"
    SECOND = "second", "つぎの人"
    LAST = "last", "さいごの人"
    ALL = "all", "全員にもう一度"


class EscalationStepState(models.TextChoices):
    PENDING = "pending", "これから"
    DONE = "done", "知らせました"
    SKIPPED = "skipped", "いらなくなりました"


class CallMailState(models.TextChoices):
    PENDING = "pending", "送っています"
    SENT = "sent", "送りました"
    FAILED = "failed", "送れませんでした"
    NONE = "none", "送りません"


class WantedRole(models.TextChoices):
    HOMEROOM = "homeroom", "担任の 先生"
    NURSE = "nurse", "保健室の 先生"
    COUNSELLOR = "counsellor", "スクールカウンセラー"
    OTHER = "other", "ほかの 先生"
    OUTSIDE = "outside", "学校の 外の 人"
    ANYONE = "anyone", "だれでも いい"
    LISTED = "listed", "学校が えらんだ 先生"


class ReaderBasis(models.TextChoices):
    """Why somebody may read a help request."""

    CHOSEN = "chosen", "生徒がえらんだ人"
    LAST = "last", "さいごの人"
    ROUTE = "route", "市が決めた相談先"
    KEPT_FROM = "kept", "生徒が見せたくない人"  # reads nothing, whatever else would let them


class AnswerWay(models.TextChoices):
    """How the student wants the answer to come."""

    HERE = "here", "ポータルで読む"
    PERSON = "person", "人から直接聞く"
    SCHOOL = "school", "学校の中だけ"


class MeetingAnswer(models.TextChoices):
    """What a student answers to a time and place proposed in a reply."""

    YES = "yes", "その時間でいい"
    OTHER_TIME = "other_time", "ほかの時間がいい"
    FINE = "fine", "もうだいじょうぶ"


class RouteReason(models.TextChoices):
    """Why the city sets the route anew."""

    FIRST = "first", "はじめて決める"
    PEOPLE = "people", "人が変わった"
    HOURS = "hours", "見る時間が変わった"
    STOP = "stop", "使うのをやめる"


class Topic(models.TextChoices):
    FRIENDS = "friends", "友だち"
    STUDY = "study", "勉強"
    HOME = "home", "家"
    BODY = "body", "体や 心"
    FUTURE = "future", "これからの こと"
    NET = "net", "ネット"
    UNSAID = "unsaid", "うまく 言えない"
    FRIEND = "friend", "友だちを 助けたい"
    ADULT = "adult", "先生や 大人に いやな ことを された"


class HelpState(models.TextChoices):
    SENT = "sent", "送りました"
    SEEN = "seen", "見ました"
    ANSWERED = "answered", "返事が 来ました"
    CLOSED = "closed", "おわりました"
    CANCELLED = "cancelled", "取り消しました"
