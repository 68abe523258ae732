"""The five kinds of school files, declared by us as "C4th 取込形式 v1". Pure.

The vendor's own formats are not public: every header and code can be changed by a
``ColumnMapping``. The daily marks and the sums of 出欠 are those of the 指導要録; nothing else is read.
"""

from dataclasses import dataclass, field

from apps.linkage.attendance_marks import AttendanceMark

STUDENT_CODE = "管理コード"
FREE_TEXT_HEADERS = (
    "備考",
    "理由",
    "所見",
    "コメント",
    "症状",
    "処置",
    "病名",
    "氏名",
    "児童生徒名",
)

# Also one letter, as in a register. ○ and ／ differ between cities: the mapping says what they mean.
SPELLINGS = {
    AttendanceMark.PRESENT: ("出席",),
    AttendanceMark.ABSENT_SICK: (
        "病欠",
        "病",
    ),
    AttendanceMark.ABSENT_OTHER: (
        "事故欠",
        "事",
    ),
    AttendanceMark.SUSPENDED: (
        "出停",
        "停",
    ),
    AttendanceMark.BEREAVEMENT: (
        "忌引",
        "忌",
    ),
    AttendanceMark.LATE: (
        "遅刻",
        "遅",
    ),
    AttendanceMark.EARLY: (
        "早退",
        "早",
    ),
    AttendanceMark.LATE_EARLY: (
        "遅刻早退",
        "遅刻・早退",
        "遅刻+早退",
        "遅刻/早退",
        "遅刻、早退",
        "遅早",
    ),
    AttendanceMark.UNKNOWN: ("理由不明",),
}
ATTENDANCE_MARKS = {text: mark.value for mark, texts in SPELLINGS.items() for text in texts}
DAY_HALVES = {"午前": "AM", "午後": "PM"}
VISIT_KINDS = {"内科": "INTERNAL", "外科": "SURGICAL", "相談": "COUNSEL", "その他": "OTHER"}
SCHOOL_TERMS = {"1学期": "1", "2学期": "2", "3学期": "3", "前期": "FIRST", "後期": "SECOND"}
ASPECT_RATINGS = {"A": "A", "B": "B", "C": "C"}
MOOD_WEATHER = {
    "晴れ": "sunny",
    "曇り": "cloudy",
    "くもり": "cloudy",
    "雨": "rainy",
    "雷": "thunder",
}


@dataclass(frozen=True)
class FileColumn:
    """One column that is read. ``codes`` {in the file: ours}, where only those are allowed."""

    name: str
    required: bool = True
    codes: dict | None = None


@dataclass(frozen=True)
class FileFormat:
    """One kind of file: its name, the purpose whose consent it needs, and the columns read of it.

    ``columns`` begin with the student's code. ``never`` are headers that no mapping can name.
    ``repeats``: one student may have several rows a day, which get a number each.
    """

    name: str
    label: str
    purpose: str
    columns: tuple
    repeats: bool = False
    never: tuple = field(default=FREE_TEXT_HEADERS)

    @property
    def pattern(self):
        """The file-name pattern of this kind."""
        return f"{self.name}*.csv"

    @property
    def can_be_by_days(self):
        """Whether one cell can hold all of a student's day."""
        return [column.name for column in self.columns[1:-1]] == ["日付"]

    def column(self, name):
        """The column of this name, or None."""
        return next((column for column in self.columns if column.name == name), None)


_ALL = (
    FileFormat(
        "attendance_daily",
        "毎日の 出欠",
        "attendance",
        (
            FileColumn(STUDENT_CODE),
            FileColumn("日付"),
            FileColumn("出欠区分", codes=ATTENDANCE_MARKS),
        ),
    ),
    FileFormat(
        "attendance_monthly",
        "月ごとの 出欠の 数",
        "attendance",
        (
            FileColumn(STUDENT_CODE),
            FileColumn("年月"),
            FileColumn("授業日数"),
            FileColumn("出停忌引等日数"),
            FileColumn("欠席日数"),
            FileColumn("出席日数"),
            FileColumn("出席すべき日数", required=False),
            FileColumn("遅刻", required=False),
            FileColumn("早退", required=False),
        ),
    ),
    FileFormat(
        "nurse_visit",
        "保健室に 来た 回数",
        "nurse_room",
        (
            FileColumn(STUDENT_CODE),
            FileColumn("来室日"),
            FileColumn("時間帯", codes=DAY_HALVES),
            FileColumn("区分", codes=VISIT_KINDS),
        ),
        repeats=True,
    ),
    FileFormat(
        "grades",
        "成績",
        "grades",
        (
            FileColumn(STUDENT_CODE),
            FileColumn("年度"),
            FileColumn("学期", codes=SCHOOL_TERMS),
            FileColumn("教科コード"),
            FileColumn("知識・技能", codes=ASPECT_RATINGS),
            FileColumn("思考・判断・表現", codes=ASPECT_RATINGS),
            FileColumn("主体的に学習に取り組む態度", codes=ASPECT_RATINGS),
            FileColumn("評定", required=False),
        ),
    ),
    FileFormat(
        "kokoro_tenki",
        "心の天気",
        "mood_weather",
        (FileColumn(STUDENT_CODE), FileColumn("日付"), FileColumn("天気", codes=MOOD_WEATHER)),
    ),
)
FILE_FORMATS = {kind.name: kind for kind in _ALL}
