"""The values that columns of this app may hold, and their labels."""

from django.db import models


class SourceKind(models.TextChoices):
    SCHOOL_FILES = "school_files", "学校のファイル(C4th 取込形式)"
    XAPI_LRS = "xapi_lrs", "学習記録(xAPI LRS)"
    ONEROSTER = "oneroster", "名簿(OneRoster)"
    SELF_INFO = "self_info", "マイナポータル わたしの情報"


class SyncInterval(models.IntegerChoices):
    """How often a source is asked, in minutes."""

    FIVE = 5, "5分"
    QUARTER = 15, "15分"
    HOUR = 60, "1時間"
    SIX_HOURS = 360, "6時間"
    DAY = 1440, "1日"


class RunState(models.TextChoices):
    """State of a run. RETRY is repeated automatically; STOPPED and HELD wait for a person."""

    WAITING = "waiting", "じゅんばん まち"
    RUNNING = "running", "実行中"
    DONE = "done", "できました"
    PARTLY = "partly", "問題が あります"
    RETRY = "retry", "あとで もう一度"
    HELD = "held", "確認まち"
    STOPPED = "stopped", "止めました"
    FAILED = "failed", "できませんでした"


class RunFault(models.TextChoices):
    """Unexpected reasons for which a run ended."""

    NONE = "", "なし"
    CUT_OFF = "cut_off", "とちゅうで止まった"
    KILLED = "killed", "つづけて止められた"
    SAME_PLACE = "same_place", "いつも同じところで止まった"
    VALUE = "value", "扱えない値"
    DATABASE = "database", "データベース"
    MEMORY = "memory", "メモリー不足"
    TIME = "time", "時間切れ"
    UNKNOWN = "unknown", "わからない"


class LossScope(models.TextChoices):
    """Whose rows a file that waits for a decision would delete."""

    NONE = "", "なし"
    OTHERS = "others", "名前のない生徒も"
    NAMED = "named", "名前のある生徒だけ"


class FileKind(models.TextChoices):
    """The files of "C4th 取込形式 v1" (a test compares them with the connector's formats)."""

    ATTENDANCE_DAILY = "attendance_daily", "毎日の出欠"
    ATTENDANCE_MONTHLY = "attendance_monthly", "月ごとの出欠の数"
    NURSE_VISIT = "nurse_visit", "保健室に来た回数"
    GRADES = "grades", "成績"
    KOKORO_TENKI = "kokoro_tenki", "心の天気"


class FileLayout(models.TextChoices):
    """How a file lays out its facts (connectors.school_files.file_mapping)."""

    BY_ROWS = "rows", "1行に、1人の1日"
    BY_DAYS = "days", "1行に1人、日ごとの列(見出しが 11/2 など)"
