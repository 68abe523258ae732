"""The words in which a person is asked who a row of a roster is."""

from dataclasses import dataclass

from apps.roster.oneroster.identity_questions import IdentityAnswer, IdentityCase, IdentityQuestion

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
    return [_asked(question, plan.answers.get(question.key, "")) for question in plan.questions]


def describe_cases(cases: dict) -> list[tuple[str, str, int]]:
    """[(case, answer, how many)] in words, of a report's ``cases``."""
    return [
        (CASE_LABELS[IdentityCase(case)], ANSWER_LABELS[answer], number)
        for case, answers in cases.items()
        for answer, number in answers.items()
    ]


def _asked(question: IdentityQuestion, given) -> QuestionText:
    title = (
        f"{PERSON_LABELS[question.kind]}「{question.name}」({question.file} {question.line}行め)"
    )
    return QuestionText(
        question.key, question.answer_key, f"{title}: {CASE_LABELS[question.case]}", _what(question), _choices(question), given,
    )  # fmt: skip


def _what(question):
    if question.is_renamed:
        return _what_of_name(question)
    key = "学校コード" if question.kind == "schools" else "共通ID"
    number = f"この行のsourcedIdは、いま「{question.holder_name}」の番号です。"
    if question.owner is None:
        owner = f"この行の{key}を持つ人は、いまいません。"
    else:
        owner = f"この行の{key}は、いま「{question.owner_name}」のものです。"
    other = f"「{question.holder_name}」の{key}は、名簿の{question.own_line}行めにあります。"
    return number + owner + (other if question.own_line else "")


def _what_of_name(question):
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
