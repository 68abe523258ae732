"""Facts for and against a newcomer, in the words of the school's page."""

from apps.people.models import Relation
from apps.registration.confirmation_rules import (
    MANY_GUARDIANS,
    RELATIONS_BY_DOCUMENT,
    NewcomerFacts,
    is_known_to_nobody,
    standing_when_confirmed,
)

FIRST_STANDINGS = {
    "decides": "確かめると、「判断する」人になります(同意を決め、お知らせも受けとります)。"
    "この子どもに、前に「知らせるだけ」にした人がいるときは、この人も「知らせるだけ」から始まります",
    "informed": "確かめると、続柄により、まず「知らせるだけ」の人になります"
    "(同意は決めません)。決める人にするには、続柄のページで二人が決めます",
}


def facts_for(facts: NewcomerFacts) -> list[str]:
    """Facts that support the newcomer's claim; none of them confirms by itself."""
    return _chosen(
        (facts.is_on_roster, "名前が、名簿の保護者と同じです"),
        (facts.is_on_list, "名前が、学校の保護者の一覧と同じです"),
        (facts.has_document, "立場の書類を見ました"),
    )


def facts_against(facts: NewcomerFacts) -> list[str]:
    """Facts that ask for a closer look."""
    return _chosen(
        (facts.has_objection, "ほかの保護者が「心当たりがない」と知らせています"),
        (facts.by_revoked_letter, "使えなくした手紙で来ました(二人で確かめます)"),
        (
            facts.name_has_account,
            "同じ名前の保護者が、もう別のアカウントで登録しています(二人で確かめます)",
        ),
        (
            facts.has_kept_out_name,
            "登録の前から制限している人と、名前か読みが同じです。別の人かもしれません(二人で確かめます)",
        ),
        (facts.is_staff_name, "この学校の職員と同じ名前です(二人で確かめます)"),
        (facts.name_is_switched_off, "同じ名前の保護者を、名簿が止めています(二人で確かめます)"),
        (facts.has_other_relation, "続柄が、名簿や学校の一覧で同じ名前の人とちがいます"),
        (facts.on_students_device, "生徒がサインインしたことのある端末で、手紙を開きました"),
        (
            facts.on_staff_device,
            "職員がサインインしたことのある端末で、手紙を開きました(二人で確かめます)",
        ),
        (facts.has_school_domain, "メールアドレスが、この学校の職員や生徒と同じドメインです"),
        (facts.n_beside > 0, f"この子どもの保護者として、ほかに{facts.n_beside}人が待っています"),
        (
            facts.n_confirmed >= MANY_GUARDIANS,
            f"もう{facts.n_confirmed}人の保護者がいます(二人で確かめます)",
        ),
        (facts.was_ended, "前に、学校がこの人の続柄を終わらせています(二人で確かめます)"),
        (facts.n_elsewhere > 0, f"同じ人が、ほかに{facts.n_elsewhere}人の子どもでも登録しています"),
        (
            facts.relation in RELATIONS_BY_DOCUMENT and not facts.has_document,
            "立場の書類をまだ見ていません(見るまでは二人で確かめ、知らせを受けるだけの人になります)",
        ),
        (
            facts.has_secret,
            "知られては困る人がいると書いています。家にある番号には電話しません。管理職が連絡します",
        ),
    )


def neutral_facts(facts: NewcomerFacts) -> list[str]:
    """Facts that speak neither for nor against."""
    return _chosen(
        (bool(facts.relation), f"続柄: {Relation(facts.relation).label}" if facts.relation else ""),
        (
            is_known_to_nobody(facts),
            "名簿にも、ほかの人が取り込んだ学校の一覧にも、名前がありません(二人で確かめます)",
        ),
        (facts.has_other_surname, "姓は、子どもと同じではありません"),
        (
            facts.n_before > 0,
            f"この子どもの登録を、前にも{facts.n_before}回しています"
            "(本人が直した・期限がすぎた・学校が取り消した、を合わせて)",
        ),
        (not facts.has_other_surname, "姓は、子どもと同じです"),
    )


def first_standing(facts: NewcomerFacts) -> str:
    """What a newcomer with a child's letter may do once confirmed, in words."""
    standing = standing_when_confirmed(facts.relation, has_document=facts.has_document)
    return str(FIRST_STANDINGS[standing])


def _chosen(*pairs):
    return [words for is_so, words in pairs if is_so]
