"""The shipped questions and the texts of the check-in pages. Pure: no Django.

Our own words, so no licence is needed. Every kanji carries its reading (｜今日《きょう》).
A published version is never edited; a new one follows it.
"""

from dataclasses import dataclass

TITLE = "きょうの わたし"
LEAD = (
    "｜答《こた》えても ｜答《こた》えなくても いいです。"
    "｜成績《せいせき》には ｜使《つか》いません。"
)
READERS = (
    "｜答《こた》えは、｜担任《たんにん》の ｜先生《せんせい》、｜保健室《ほけんしつ》の ｜先生《せんせい》、"
    "スクールカウンセラー、｜校長《こうちょう》｜先生《せんせい》や ｜教頭《きょうとう》｜先生《せんせい》が "
    "｜見《み》ることが あります。"
)
SHORT_NAMES = {
    "mood": "｜気《き》もち",
    "body": "｜体《からだ》",
    "sleep": "ねむり",
}  # heads of columns
NOT_AT_ONCE = "すぐには ｜読《よ》まれない ことが あります。"


@dataclass(frozen=True)
class ShippedChoice:
    value: int
    label: str
    picture: str = ""


@dataclass(frozen=True)
class ShippedQuestion:
    code: str
    text: str
    options: tuple[ShippedChoice, ...] = ()  # none: a text question
    hint: str = ""


@dataclass(frozen=True)
class ShippedQuestionSet:
    """One version of one question set. One that needs a permission is shipped switched off."""

    code: str
    version: int
    title: str
    lead: str
    questions: tuple[ShippedQuestion, ...]
    every_days: int = 7
    needs_permission: bool = False


DAILY = ShippedQuestionSet(
    "daily",
    1,
    TITLE,
    LEAD,
    (
        ShippedQuestion(
            "mood",
            "いまの ｜気《き》もちは どれに ｜近《ちか》いですか。",
            (
                ShippedChoice(4, "とても いい", "sun"),
                ShippedChoice(3, "いい", "sun-cloud"),
                ShippedChoice(2, "ふつう", "cloud"),
                ShippedChoice(1, "すこし つらい", "rain"),
                ShippedChoice(0, "とても つらい", "storm"),
            ),
        ),
        ShippedQuestion(
            "body",
            "｜体《からだ》の ｜調子《ちょうし》は どうですか。",
            (
                ShippedChoice(2, "いい", "sun"),
                ShippedChoice(1, "すこし わるい", "cloud"),
                ShippedChoice(0, "わるい", "rain"),
            ),
        ),
        ShippedQuestion(
            "sleep",
            "きのうの ｜夜《よる》は ねむれましたか。",
            (
                ShippedChoice(2, "よく ねむれた", "sun"),
                ShippedChoice(1, "すこし ねむれた", "cloud"),
                ShippedChoice(0, "あまり ねむれなかった", "rain"),
            ),
        ),
        ShippedQuestion(
            "talk",
            "だれかと ｜話《はな》したいですか。",
            (
                ShippedChoice(0, "いまは いい"),
                ShippedChoice(1, "｜近《ちか》いうちに"),
                ShippedChoice(2, "きょう"),
                ShippedChoice(3, "いますぐ"),
            ),
        ),
        ShippedQuestion(
            "words",
            "｜書《か》きたい ことが あれば、｜書《か》いて ください。",
            hint=NOT_AT_ONCE,
        ),
    ),
    every_days=1,
)

OFTENNESS_CHOICES = (
    ShippedChoice(4, "いつも", "sun"),
    ShippedChoice(3, "よく", "sun-cloud"),
    ShippedChoice(2, "ときどき", "cloud"),
    ShippedChoice(1, "あまり", "rain"),
    ShippedChoice(0, "ぜんぜん", "storm"),
)
WEEKLY = ShippedQuestionSet(
    "weekly",
    1,
    "1｜週間《しゅうかん》の わたし",
    LEAD,
    tuple(
        ShippedQuestion(code, text, OFTENNESS_CHOICES)
        for code, text in (
            ("safe", "｜学校《がっこう》で ｜安心《あんしん》して すごせた"),
            ("friends", "｜話《はな》せる ｜友《とも》だちや ｜人《ひと》が いた"),
            ("study", "｜授業《じゅぎょう》や ｜勉強《べんきょう》に ついて いけた"),
            ("home", "｜家《いえ》で ゆっくり できた"),
            ("meals", "ごはんを ｜食《た》べられた"),
            ("fun", "｜楽《たの》しいと ｜思《おも》う ことが あった"),
        )
    ),
)

# WHO-5 without its words: they are WHO's. A city that holds the permission enters the official
# Japanese items and labels word by word, and the permission's reference.
WHO5 = ShippedQuestionSet(
    "who5",
    1,
    "この 2｜週間《しゅうかん》の わたし",
    LEAD,
    tuple(
        ShippedQuestion(
            f"item{n}", "", tuple(ShippedChoice(value, "") for value in range(5, -1, -1))
        )
        for n in range(1, 6)
    ),
    every_days=14,
    needs_permission=True,
)
SHIPPED_QUESTION_SETS = (DAILY, WEEKLY, WHO5)

# frequencies: (value, label, explanation)
FREQUENCY_LABELS = (
    ("daily", "｜毎日《まいにち》", "｜学校《がっこう》の ある ｜日《ひ》に たずねます。"),
    (
        "thrice",
        "｜週《しゅう》に 3｜回《かい》",
        "3｜回《かい》 ｜答《こた》えたら、つぎの ｜週《しゅう》まで たずねません。",
    ),
    (
        "weekly",
        "｜週《しゅう》に 1｜回《かい》",
        "1｜回《かい》 ｜答《こた》えたら、つぎの ｜週《しゅう》まで たずねません。",
    ),
    ("rest", "いまは ｜休《やす》む", "また はじめるまで、たずねません。"),
)
PAUSED_BY_CITY = (
    "｜市《し》が ｜見直《みなお》して いるので、いま ｜止《と》めて います。"
    "あなたや ｜保護者《ほごしゃ》が やめたのでは ありません。｜前《まえ》の ｜答《こた》えは ｜消《き》えて いません。"
)
WHY_NOT_ASKED = {  # state of the trend -> (heading, explanation)
    "answered": ("きょうの チェックインは ｜終《お》わりました", "きょうも おつかれさま。"),
    "enough": (
        "｜今週《こんしゅう》の チェックインは ｜終《お》わりました",
        "あなたが えらんだ ｜回数《かいすう》です。もっと ｜答《こた》えても いいです。",
    ),
    "holiday": (
        "きょうは ｜学校《がっこう》が お｜休《やす》みです",
        "チェックインも お｜休《やす》みです。｜話《はな》せる ｜場所《ばしょ》は、この ｜下《した》に あります。",
    ),
    "paused": (
        "チェックインを お｜休《やす》みして います",
        "あなたが えらびました。いつでも また はじめられます。",
    ),
}
# A small next step after a hard day. No treatment; to be approved by a counsellor.
SMALL_STEPS = (
    ("すこし ｜休《やす》む", "｜水《みず》を のんで、ゆっくり ｜息《いき》を はいて みます。"),
    (
        "｜言葉《ことば》に する",
        "｜紙《かみ》に ｜書《か》いて みます。だれにも ｜見《み》せなくて いいです。",
    ),
    (
        "｜安心《あんしん》できる ｜人《ひと》の そばに いる",
        "｜何《なに》も ｜言《い》わなくても いいです。",
    ),
)
