"""A guide for the adult who speaks with a student or a guardian: how to begin, what not to ask.

These are drafts until a school counsellor has approved them.
"""

from typing import NamedTuple

from apps.cases.models import ConversationTopic, Partner

FEELINGS, HOME, SCHOOL, BODY, PEOPLE = ConversationTopic
BEFORE = [
    "いま話してよいか、どこで、どのくらいの時間話すかを、先に相手に決めてもらいます。",
    "「話したくないことは、話さなくていい」と、はじめに伝えます。",
    "「命や体があぶないときは、あなたを守るために、ほかの大人に伝えることがある」と、先に言います。",
    "聞くのは1回です。ほかの人がもう聞いたことは、くりかえしません。",
]
STOP = (
    "虐待が疑われるときは、聞き取りを重ねません。だれに・何をされたかを問いたださず、"
    "話してくれた言葉のまま書き、189(児童相談所)に知らせます。同意も、確かめきることもいりません。"
)
NOT_WITH = (
    "ケースの画面でえらべる保護者とだけ話します。えらべない人には、学校から話しかけず、聞かれても何も答えません。"
    "虐待が疑われるときは、保護者に先に知らせません。"
)


class Guide(NamedTuple):
    """For one topic: a question to begin with, and what is not asked."""

    begin: str
    not_ask: str


GUIDES = {
    Partner.STUDENT: {
        FEELINGS: Guide("このごろ、どんな気持ちの日が多いですか。", "「なぜそんな気持ちなの」と理由を問いつめない。"),
        HOME: Guide("家では、どんなふうに過ごしていますか。", "家族のだれかを悪く言わせない。お金のことを聞かない。"),
        SCHOOL: Guide("学校で、ほっとする時間や、しんどい時間はありますか。", "だれがしたかを当てさせない。名前を言わせない。"),
        BODY: Guide("よく眠れていますか。ごはんは食べられていますか。", "傷やあざを見せてと言わない。服をめくらない。"),
        PEOPLE: Guide("困ったとき、話せる人はいますか。", "「家の人に話した?」とせまらない。ほかの人に話すよう約束させない。"),
    },
    Partner.GUARDIAN: {
        FEELINGS: Guide("お子さんのことで、うれしかったことや、気になることはありますか。", "本人が話した言葉を、そのまま伝えない。"),
        HOME: Guide("おうちで助けがあるとよいことはありますか。", "所得・病気・離婚のわけを聞かない。"),
        SCHOOL: Guide("学校のことで、おうちで話に出ることはありますか。", "「気づき」やデータのことを、こちらから言わない。"),
        BODY: Guide("お子さんの睡眠や食事で、気になることはありますか。", "けがのわけを問いつめない。"),
        PEOPLE: Guide("お子さんのことを、だれかに相談できていますか。", "本人がだれに話したかを言わない。"),
    },
}  # fmt: skip


def guide_lines(partner: Partner) -> list[tuple[str, Guide]]:
    """[(topic in words, its Guide)] for the page."""
    return [(str(topic.label), guide) for topic, guide in GUIDES[partner].items()]
