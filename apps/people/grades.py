"""The grades of the roster (OneRoster Japan Profile: P1–P6, J1–J3, H1–H3) in words. Pure."""

SCHOOL_LEVELS = (("E", "", 3), ("P", "小学", 6), ("J", "中学", 3), ("H", "高校", 3))
GRADE_ORDER = [f"{kind}{n}" for kind, _, last in SCHOOL_LEVELS for n in range(1, last + 1)]
GRADE_NAMES = {
    f"{kind}{n}": f"{word}{n}年"
    for kind, word, last in SCHOOL_LEVELS
    if word
    for n in range(1, last + 1)
}


def grades_in_words(grades):
    """「中学1年・中学2年」, or 全学年 for none."""
    return "・".join(GRADE_NAMES.get(grade, grade) for grade in grades) or "全学年"


def youngest_grade(grades):
    """The youngest of some grades; "" if one of them is unknown, or there are none."""
    found = set(grades)
    return min(found, key=GRADE_ORDER.index) if found and found <= set(GRADE_ORDER) else ""
