"""Conditions for importing a roster that a person must approve, and their messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.core.clock import today
from apps.core.school_years import school_year_of
from apps.roster.oneroster.identity_questions import MAX_QUESTIONS

# percent of a school's students, or guardianships, that may vanish without approval
MAX_LEAVERS_PERCENT = 5
FEW_LEAVERS = 1  # so many may vanish from a school of any size: one child moves away


@dataclass(frozen=True)
class ImportApproval:
    """What a person approved. ``answers`` are {answer_key: "same" or "other"}.

    ``code_changes`` is the digest of all changed codes that the person was shown; ``allow_many_gone``
    that of the leavers, or True whoever they are (the command line).
    """

    allow_many_gone: bool | str = False
    allow_other_year: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    code_changes: str = ""


def school_year_warning(year: int) -> str:
    """A warning where ``year`` is not today's school year, else ""."""
    now = school_year_of(today())
    if year == now:
        return ""
    which = "前の年度" if year < now else "先の年度"
    return f"{which}({year}年度)の名簿です。今は{now}年度です。"


def import_refusals(plan, approval: ImportApproval) -> dict[str, str]:
    """Why an ImportPlan may not be applied with this approval: {reason: a sentence}, empty if it
    may.
    """
    found = {}
    year = school_year_warning(plan.roster.school_year)
    if year and not approval.allow_other_year:
        found["year"] = f"{year}この年度の名簿で正しいことを確かめ、選んでください。"
    if len(plan.questions) > MAX_QUESTIONS:
        found["numbering"] = _too_many(plan.questions)
    elif plan.unanswered:
        found["questions"] = (
            f"同じ人かどうかを確かめる行が{len(plan.unanswered)}あります。1人ずつ答えてください。"
        )
    if plan.loses_many and approval.allow_many_gone not in (True, plan.leavers_digest):
        found["many_gone"] = (
            f"1つの学校の{MAX_LEAVERS_PERCENT}%より多く(合わせて{plan.leavers_text})が名簿から消えます。"
            "消える人の名前を1人ずつ確かめ、正しければ「名簿から消えることを確かめた」を選んでください。"
        )
    if plan.code_changes.number and approval.code_changes != plan.code_changes.digest:
        found["code_changes"] = (
            f"在籍している生徒{plan.code_changes.number}人の管理コードが変わります。"
            "学校のファイルは管理コードで生徒を見つけます。「管理コードの変更」を1人ずつ確かめ、"
            "正しければ「管理コードが変わることを確かめた」を選んでください。"
        )
    return found


def _too_many(questions):
    renamed = sum(question.is_renamed for question in questions)
    rows = []
    if len(questions) > renamed:
        rows.append(f"sourcedIdが、いまとは別の人の番号になっている行が{len(questions) - renamed}")
    if renamed:
        rows.append(f"共通IDは同じなのに、下の名前がまったく違う行が{renamed}")
    return (
        f"{'、'.join(rows)}あります(合わせて{MAX_QUESTIONS}まで確かめられます)。"
        "番号と名前がずれた名簿かもしれません。取り込まず、書き出しの設定を確かめてください。"
    )
