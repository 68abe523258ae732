"""The words of a roster import: what it would change, and questions about uncertain rows."""

from dataclasses import dataclass, field

from apps.roster.oneroster.identity_questions import IdentityAnswer, IdentityCase, IdentityQuestion

# -- what a roster would change --------------------------------------------------------------------

ORDER = (
    "サインインを止めている", "転入", "転出", "卒業", "進級", "転校(市内)", "クラス替え", "名前の 変更",
    "管理コードの変更",
    "保護者の 名前の 変更", "教員の 名前の 変更",
    "保護者が ふえた", "保護者が へった", "そのほか(番号など)",
)  # fmt: skip


@dataclass
class ChangeGroup:
    """One kind of change: how many, and (class, name, what) of the first of them."""

    label: str
    n: int = 0
    is_asked: bool = False  # needs a person's approval
    lines: list = field(default_factory=list)


def describe_changes(plan, limit=100):
    """[ChangeGroup] in a fixed order without the empty ones; at most ``limit`` lines of each.

    Code changes are all shown, because they need approval; so are leavers where they are many.
    ``plan`` is an ImportPlan that was previewed and not yet applied. A student may be in several
    groups (a new grade and a new name).
    """
    found = {label: ChangeGroup(label) for label in ORDER}
    counts, shown = plan.counts(), plan.shown

    def add(label, n, lines):
        group = found[label]
        group.n += n
        group.lines += lines[: limit - len(group.lines)]

    off = shown.switched_off
    add(
        "サインインを止めている", off[0].n if off else 0, [(row.title, row.name, "") for row in off]
    )
    add("転入", counts["students"]["new"], [(title, name, "") for title, name in shown.joiners])
    for label, n, lines in _leaving(shown.leavers):
        add(label, n, lines)
    for label, n, lines in _changed_students(shown.changed_students):
        add(label, n, lines)
    codes = found["管理コードの変更"]
    codes.n, codes.is_asked = plan.code_changes.number, True
    codes.lines = [
        (row.title, row.name, f"{row.code} → {row.new_code or 'なし'}")
        for row in shown.code_changes
    ]
    for label, n, lines in _adults(shown.adults):
        add(label, n, lines)
    add("保護者が ふえた", counts["links"]["new"], [tuple(row) for row in shown.added_links])
    add("保護者が へった", counts["links"]["gone"], [tuple(row) for row in shown.removed_links])
    if plan.loses_many:
        _show_all_leavers(found, shown)
    return [group for group in found.values() if group.n]


def _show_all_leavers(found, shown):
    """Show all leavers: a person must approve them."""
    lines = {label: rows for label, _, rows in _leaving(shown.leavers)}
    lines["保護者が へった"] = [tuple(row) for row in shown.removed_links]
    for label, rows in lines.items():
        found[label].is_asked, found[label].lines = True, rows


def _leaving(leavers):
    """卒業 from the last grade once the next year's roster is imported, else 転出."""
    for label, has_finished in (("卒業", True), ("転出", False)):
        rows = [row for row in leavers if row.has_finished is has_finished]
        yield label, rows[0].n if rows else 0, [(row.title, row.name, "") for row in rows]


def _changed_students(moved):
    """(label, how many, line) for each way in which students differ.

    Every row stands for ``n`` students who differ alike; the group is counted at its first row.
    """
    for row in moved:
        for label, what in _changes(row):
            yield label, row.n if row.place == 1 else 0, [(row.title, row.name, what)]


def _adults(adults):
    """(label, how many, line) of guardians and teachers whose own row differs."""
    for row in adults:
        label, what = "そのほか(番号など)", ""
        if row.in_name or row.in_kana:
            label = f"{row.title}の 名前の 変更"
            what = f"→ {row.new_name}" if row.in_name else "フリガナ"
        yield label, row.n if row.row_place == 1 else 0, [(row.title, row.name, what)]


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


# -- questions about uncertain rows ---------------------------------------------------------------

CASE_LABELS = {
    IdentityCase.SWAPPED: "入れかわり(2人の番号が逆になっている)",
    IdentityCase.MERGED: "統合(いまの2人が1人になる)",
    IdentityCase.SPLIT: "分離(いまの1人が2人に分かれる)",
    IdentityCase.REUSED: "番号の使い回し(ほかの人の番号が使われている)",
    IdentityCase.CHANGED: "共通IDの変更(同じ番号で、知らない共通IDになった)",
    IdentityCase.UNPROVEN: "名前の変更(共通IDがまだなく、名前とフリガナが両方とも変わった)",
    IdentityCase.RENAMED: "名前の変更(共通IDは同じで、下の名前がまったく変わった)",
}
PERSON_LABELS = {"schools": "学校", "students": "生徒", "guardians": "保護者", "teachers": "教員"}
ANSWER_LABELS = {
    IdentityAnswer.SAME: "同じ人(IDや名前の訂正)",
    IdentityAnswer.OTHER: "別の人",
    "open": "まだ答えていない",
}


@dataclass(frozen=True)
class QuestionText:
    """A question as the page shows it: a title, the facts, and the possible answers."""

    key: str
    answer_key: str
    title: str
    what: str
    choices: tuple[tuple[str, str], ...]  # (value, label)
    given: str = ""


def describe_questions(plan) -> list[QuestionText]:
    """The questions of an ImportPlan in words, with the answers given so far."""
    return [
        _question_text(question, plan.answers.get(question.key, "")) for question in plan.questions
    ]


def describe_cases(cases: dict) -> list[tuple[str, str, int]]:
    """[(case, answer, how many)] in words, of a report's ``cases``."""
    return [
        (CASE_LABELS[IdentityCase(case)], ANSWER_LABELS[answer], number)
        for case, answers in cases.items()
        for answer, number in answers.items()
    ]


def _question_text(question: IdentityQuestion, given) -> QuestionText:
    title = (
        f"{PERSON_LABELS[question.kind]}「{question.name}」({question.file} {question.line}行め)"
    )
    return QuestionText(
        question.key, question.answer_key, f"{title}: {CASE_LABELS[question.case]}", _question_facts(question), _choices(question), given,
    )  # fmt: skip


def _question_facts(question):
    if question.is_renamed:
        return _name_question_facts(question)
    key = "学校コード" if question.kind == "schools" else "共通ID"
    number = f"この行のsourcedIdは、いま「{question.holder_name}」の番号です。"
    if question.owner is None:
        owner = f"この行の{key}を持つ人は、いまいません。"
    else:
        owner = f"この行の{key}は、いま「{question.owner_name}」のものです。"
    other = f"「{question.holder_name}」の{key}は、名簿の{question.own_line}行めにあります。"
    return number + owner + (other if question.own_line else "")


def _name_question_facts(question):
    now = f"この行の共通IDは、いま「{question.holder_name}」のものです。"
    slipped = "名前の列がずれた書き出しや、きょうだいなどほかの人の共通IDでないか、学校に確かめてください。"
    elsewhere = (
        "いま、ほかの学校の名簿の人です。別の人なら取り込まず、共通IDを直した名簿を選んでください。"
    )
    return now + slipped + (elsewhere if question.is_fixed else "")


def _choices(question):
    if question.is_renamed:
        return _choices_of_name(question)
    who = question.owner_name
    other = f"「{who}」である" if question.owner else "別の人である。新しく加える"
    found = [
        (IdentityAnswer.OTHER.value, f"{other}(「{question.holder_name}」の登録や記録は使わない)")
    ]
    if not question.is_fixed:
        same = f"「{question.holder_name}」と同じ人で、IDが訂正された(登録や記録をそのまま使う)"
        found.insert(0, (IdentityAnswer.SAME.value, same))
    return tuple(found)


def _choices_of_name(question):
    now = question.holder_name
    same = f"「{now}」と同じ人で、名前が変わった(登録や記録をそのまま使う)"
    found = [(IdentityAnswer.SAME.value, same)]
    if not question.is_fixed:
        other = f"別の人である。新しく加える(「{now}」の登録や記録は使わない)"
        found.append((IdentityAnswer.OTHER.value, other))
    return tuple(found)
