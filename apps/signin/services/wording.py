"""What a roster would change for each student and family, in the words of a school."""

from dataclasses import dataclass, field

LAST_GRADES = {"E3", "P6", "J3", "H3"}  # of 幼稚園, 小学校, 中学校, 高等学校
NAMES = ("family_name", "given_name", "family_kana", "given_kana")
ORDER = (
    "転入", "転出", "卒業", "進級", "転校(市内)", "クラス替え", "名前の 変更",
    "保護者が ふえた", "保護者が へった", "そのほか(番号など)",
)  # fmt: skip


@dataclass
class Told:
    """One kind of change: how many, and (class, name, what) of the first of them."""

    word: str
    n: int = 0
    lines: list = field(default_factory=list)


def tell(plan, limit=100):
    """[Told] in a fixed order without the empty ones; at most ``limit`` lines of each.

    ``plan`` is a Plan not yet applied. A student may stand under several words (a new grade and
    a new name). Whether the school year rolled over is read from the roster, not from the clock.
    """
    found = {word: Told(word) for word in ORDER}
    titles = {c.pk: new.get("title", c.title) for c, new in plan.changes["classes"].changed}

    def add(word, student, what="", of_class=None):
        told = found[word]
        told.n += 1
        if len(told.lines) < limit:
            shown = of_class or student.home_class
            title = titles.get(shown.pk) if shown else None
            told.lines.append((title or _class(shown), student.full_name, what))

    students, links = plan.changes["students"], plan.changes["links"]
    for student in students.new:
        add("転入", student)
    for student in students.gone:
        add(_leaving(student, plan.roster.school_year), student)
    for student, differing in students.changed:
        for word, what in _changes(student, differing):
            add(word, student, what, differing.get("home_class"))
    for link in links.new:
        add("保護者が ふえた", link.student, str(link.guardian))
    for link in links.gone:
        add("保護者が へった", link.student, str(link.guardian))
    return [told for told in found.values() if told.n]


def _leaving(student, school_year):
    """卒業 from the last grade once the next year's roster comes, else 転出."""
    before = student.home_class.school_year if student.home_class else school_year
    return "卒業" if student.grade in LAST_GRADES and school_year > before else "転出"


def _changes(student, differing):
    """(word, what) of each way in which a student differs; at least one."""
    if "left_at" in differing:
        return [("転入", "もどりました")]
    found = []
    if "grade" in differing:
        found.append(("進級", f"{student.grade or '–'} → {differing['grade'] or '–'}"))
    elif "school" in differing:
        found.append(("転校(市内)", f"{student.school} → {differing['school']}"))
    elif "home_class" in differing:
        before, after = student.home_class, differing["home_class"]
        found.append(("クラス替え", f"{_class(before)} → {_class(after)}"))
    if any(name in differing for name in NAMES):
        found.append(("名前の 変更", _new_name(student, differing)))
    return found or [("そのほか(番号など)", "")]


def _new_name(student, differing):
    family, given, *_ = (differing.get(name, getattr(student, name)) for name in NAMES)
    same = (family, given) == (student.family_name, student.given_name)
    return "フリガナ" if same else f"→ {family} {given}"


def _class(school_class):
    return str(school_class) if school_class else "学級なし"
