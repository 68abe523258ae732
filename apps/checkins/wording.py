"""The questions as shipped: daily and weekly, version 1. Pure: no Django.

Our own words, so no licence is needed. Every kanji carries its reading (｜今日《きょう》).
A published version is followed by the next one, never edited.
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
SHORT = {"mood": "｜気《き》もち", "body": "｜体《からだ》", "sleep": "ねむり"}  # heads of columns
NOT_AT_ONCE = "すぐには ｜読《よ》まれない ことが あります。"


@dataclass(frozen=True)
class Option:
    value: int
    label: str
    picture: str = ""


@dataclass(frozen=True)
class Asked:
    code: str
    text: str
    options: tuple[Option, ...] = ()  # none: the student writes
    hint: str = ""


@dataclass(frozen=True)
class Wording:
    """One version of one set of questions."""

    code: str
    version: int
    title: str
    lead: str
    questions: tuple[Asked, ...]


DAILY = Wording(
    "daily",
    1,
    TITLE,
    LEAD,
    (
        Asked(
            "mood",
            "いまの ｜気《き》もちは どれに ｜近《ちか》いですか。",
            (
                Option(4, "とても いい", "sun"),
                Option(3, "いい", "sun-cloud"),
                Option(2, "ふつう", "cloud"),
                Option(1, "すこし つらい", "rain"),
                Option(0, "とても つらい", "storm"),
            ),
        ),
        Asked(
            "body",
            "｜体《からだ》の ｜調子《ちょうし》は どうですか。",
            (
                Option(2, "いい", "sun"),
                Option(1, "すこし わるい", "cloud"),
                Option(0, "わるい", "rain"),
            ),
        ),
        Asked(
            "sleep",
            "きのうの ｜夜《よる》は ねむれましたか。",
            (
                Option(2, "よく ねむれた", "sun"),
                Option(1, "すこし ねむれた", "cloud"),
                Option(0, "あまり ねむれなかった", "rain"),
            ),
        ),
        Asked(
            "talk",
            "だれかと ｜話《はな》したいですか。",
            (
                Option(0, "いまは いい"),
                Option(1, "｜近《ちか》いうちに"),
                Option(2, "きょう"),
                Option(3, "いますぐ"),
            ),
        ),
        Asked(
            "words",
            "｜書《か》きたい ことが あれば、｜書《か》いて ください。",
            hint=NOT_AT_ONCE,
        ),
    ),
)

OFTEN = (
    Option(4, "いつも", "sun"),
    Option(3, "よく", "sun-cloud"),
    Option(2, "ときどき", "cloud"),
    Option(1, "あまり", "rain"),
    Option(0, "ぜんぜん", "storm"),
)
WEEKLY = Wording(
    "weekly",
    1,
    "1｜週間《しゅうかん》の わたし",
    LEAD,
    tuple(
        Asked(code, text, OFTEN)
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
SHIPPED = (DAILY, WEEKLY)
