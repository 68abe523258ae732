"""The grades of the roster (OneRoster Japan Profile: P1–P6, J1–J3, H1–H3) in words. Pure."""

NAMES = {
    f"{kind}{n}": f"{word}{n}年"
    for kind, word, last in (("P", "小学", 6), ("J", "中学", 3), ("H", "高校", 3))
    for n in range(1, last + 1)
}


def words(grades):
    """「中学1年・中学2年」, or 全学年 for none."""
    return "・".join(NAMES.get(grade, grade) for grade in grades) or "全学年"
