"""The five kinds of school files, declared by us as "C4th 取込形式 v1". Pure.

The vendor's own formats are not public: every header and code can be changed by a ``Mapping``.
The daily marks and the sums of 出欠 are those of the 指導要録; nothing else is taken from anybody.
"""

from dataclasses import dataclass, field

CODE = "管理コード"
NEVER = ("備考", "理由", "所見", "コメント", "症状", "処置", "病名", "氏名", "児童生徒名")

MARKS = {
    "出席": "PRESENT",
    "病欠": "ABSENT_SICK",
    "事故欠": "ABSENT_OTHER",
    "出停": "SUSPENDED",
    "忌引": "BEREAVEMENT",
    "遅刻": "LATE",
    "早退": "EARLY",
    "遅刻早退": "LATE_EARLY",
    "遅刻・早退": "LATE_EARLY",
    "遅刻+早退": "LATE_EARLY",
    "遅刻/早退": "LATE_EARLY",
    "遅刻、早退": "LATE_EARLY",
    "遅早": "LATE_EARLY",
    "理由不明": "UNKNOWN",
    # One letter, as in a register. ○ and ／ mean this here and that there: the city says what.
    "病": "ABSENT_SICK",
    "事": "ABSENT_OTHER",
    "停": "SUSPENDED",
    "忌": "BEREAVEMENT",
    "遅": "LATE",
    "早": "EARLY",
}
HALVES = {"午前": "AM", "午後": "PM"}
VISITS = {"内科": "INTERNAL", "外科": "SURGICAL", "相談": "COUNSEL", "その他": "OTHER"}
TERMS = {"1学期": "1", "2学期": "2", "3学期": "3", "前期": "FIRST", "後期": "SECOND"}
ASPECT = {"A": "A", "B": "B", "C": "C"}
WEATHER = {
    "晴れ": "sunny",
    "曇り": "cloudy",
    "くもり": "cloudy",
    "雨": "rainy",
    "雷": "thunder",
}


@dataclass(frozen=True)
class Column:
    """One column that is read. ``codes`` {in the file: ours}, where only those are known."""

    name: str
    required: bool = True
    codes: dict | None = None


@dataclass(frozen=True)
class Kind:
    """One kind of file: what it is called, whose consent it needs, and what is read of it.

    ``columns`` begin with the student's code. ``never`` are headers nobody can make us read.
    ``repeats``: one student may have several rows a day, which get a number each.
    """

    name: str
    label: str
    purpose: str
    columns: tuple
    repeats: bool = False
    never: tuple = field(default=NEVER)

    @property
    def pattern(self):
        """What its files are called."""
        return f"{self.name}*.csv"

    @property
    def can_be_by_days(self):
        """Whether one cell says all of a student's day."""
        return [column.name for column in self.columns[1:-1]] == ["日付"]

    def column(self, name):
        """The column of this name, or None."""
        return next((column for column in self.columns if column.name == name), None)


_ALL = (
    Kind(
        "attendance_daily",
        "毎日の 出欠",
        "attendance",
        (Column(CODE), Column("日付"), Column("出欠区分", codes=MARKS)),
    ),
    Kind(
        "attendance_monthly",
        "月ごとの 出欠の 数",
        "attendance",
        (
            Column(CODE),
            Column("年月"),
            Column("授業日数"),
            Column("出停忌引等日数"),
            Column("欠席日数"),
            Column("出席日数"),
            Column("出席すべき日数", required=False),
            Column("遅刻", required=False),
            Column("早退", required=False),
        ),
    ),
    Kind(
        "nurse_visit",
        "保健室に 来た 回数",
        "nurse_room",
        (
            Column(CODE),
            Column("来室日"),
            Column("時間帯", codes=HALVES),
            Column("区分", codes=VISITS),
        ),
        repeats=True,
    ),
    Kind(
        "grades",
        "成績",
        "grades",
        (
            Column(CODE),
            Column("年度"),
            Column("学期", codes=TERMS),
            Column("教科コード"),
            Column("知識・技能", codes=ASPECT),
            Column("思考・判断・表現", codes=ASPECT),
            Column("主体的に学習に取り組む態度", codes=ASPECT),
            Column("評定", required=False),
        ),
    ),
    Kind(
        "kokoro_tenki",
        "心の天気",
        "mood_weather",
        (Column(CODE), Column("日付"), Column("天気", codes=WEATHER)),
    ),
)
KINDS = {kind.name: kind for kind in _ALL}
