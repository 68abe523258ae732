"""What a roster would change for each student and family, in a school's words."""

from dataclasses import dataclass, field

ORDER = (
    "サインインを止めている", "転入", "転出", "卒業", "進級", "転校(市内)", "クラス替え", "名前の 変更",
    "管理コードの変更",
    "保護者の 名前の 変更", "教員の 名前の 変更",
    "保護者が ふえた", "保護者が へった", "そのほか(番号など)",
)  # fmt: skip


@dataclass
class ChangeGroup:
    """One kind of change: how many, and (class, name, what) of the first of them."""

    word: str
    n: int = 0
    is_asked: bool = False  # needs a person's approval
    lines: list = field(default_factory=list)


def describe_changes(plan, limit=100):
    """[ChangeGroup] in a fixed order without the empty ones; at most ``limit`` lines of each.

    Code changes are all shown, because they need approval; so are leavers where they are many.
    ``plan`` is an ImportPlan that was previewed and not yet applied. A student may be in several
    groups (a new grade and a new name).
    """
    found = {word: ChangeGroup(word) for word in ORDER}
    counts, shown = plan.counts(), plan.shown

    def add(word, n, lines):
        told = found[word]
        told.n += n
        told.lines += lines[: limit - len(told.lines)]

    off = shown.switched_off
    add(
        "サインインを止めている", off[0].n if off else 0, [(row.title, row.name, "") for row in off]
    )
    add("転入", counts["students"]["new"], [(title, name, "") for title, name in shown.comers])
    for word, n, lines in _leaving(shown.leavers):
        add(word, n, lines)
    for word, n, lines in _moving(shown.moved):
        add(word, n, lines)
    codes = found["管理コードの変更"]
    codes.n, codes.is_asked = plan.code_moves.number, True
    codes.lines = [
        (row.title, row.name, f"{row.code} → {row.new_code or 'なし'}") for row in shown.code_moves
    ]
    for word, n, lines in _adults(shown.adults):
        add(word, n, lines)
    add("保護者が ふえた", counts["links"]["new"], [tuple(row) for row in shown.more_ties])
    add("保護者が へった", counts["links"]["gone"], [tuple(row) for row in shown.fewer_ties])
    if plan.loses_many:
        _ask_of_the_gone(found, shown)
    return [told for told in found.values() if told.n]


def _ask_of_the_gone(found, shown):
    """Show all leavers: a person must approve them."""
    lines = {word: rows for word, _, rows in _leaving(shown.leavers)}
    lines["保護者が へった"] = [tuple(row) for row in shown.fewer_ties]
    for word, rows in lines.items():
        found[word].is_asked, found[word].lines = True, rows


def _leaving(leavers):
    """卒業 from the last grade once the next year's roster is imported, else 転出."""
    for word, has_finished in (("卒業", True), ("転出", False)):
        rows = [row for row in leavers if row.has_finished is has_finished]
        yield word, rows[0].n if rows else 0, [(row.title, row.name, "") for row in rows]


def _moving(moved):
    """(label, how many, line) for each way in which students differ.

    Every row stands for ``n`` students who differ alike; the group is counted at its first row.
    """
    for row in moved:
        for word, what in _changes(row):
            yield word, row.n if row.place == 1 else 0, [(row.title, row.name, what)]


def _adults(adults):
    """(label, how many, line) of guardians and teachers whose own row differs."""
    for row in adults:
        word, what = "そのほか(番号など)", ""
        if row.in_name or row.in_kana:
            word = f"{row.title}の 名前の 変更"
            what = f"→ {row.new_name}" if row.in_name else "フリガナ"
        yield word, row.n if row.row_place == 1 else 0, [(row.title, row.name, what)]


def _changes(row):
    """(label, what) of each way in which a student differs; code changes have lines of their own."""
    found = []
    if row.is_back:
        found.append(("転入", "もどりました"))
    elif row.in_grade:
        found.append(("進級", f"{row.grade or '–'} → {row.new_grade or '–'}"))
    elif row.in_school:
        found.append(("転校(市内)", f"{row.school} → {row.new_school}"))
    elif row.in_class:
        found.append(
            ("クラス替え", f"{row.old_class or '学級なし'} → {row.new_class or '学級なし'}")
        )
    if row.in_name or row.in_kana:
        found.append(("名前の 変更", f"→ {row.new_name}" if row.in_name else "フリガナ"))
    return found if found or row.in_code else [("そのほか(番号など)", "")]
