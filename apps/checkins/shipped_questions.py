"""The questions we ship: content that is seeded in easy Japanese, and shown in every language.

Our own words, so no licence is needed. A published version is never edited; a new one follows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.languages import PageLanguage, speaking

TITLE = _("きょうのわたし")
LEAD = _("答えても答えなくてもいいです。成績には使いません。")
NOT_AT_ONCE = _("すぐには読まれないことがあります。")


@dataclass(frozen=True)
class ShippedChoice:
    value: int
    label: Promise | str
    picture: str = ""


@dataclass(frozen=True)
class ShippedQuestion:
    code: str
    text: Promise | str
    options: tuple[ShippedChoice, ...] = ()  # none: a text question
    hint: Promise | str = ""


@dataclass(frozen=True)
class ShippedQuestionSet:
    """One version of one question set. One that needs a permission is shipped switched off."""

    code: str
    version: int
    title: Promise | str
    lead: Promise | str
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
            _("いまの気持ちはどれに近いですか。"),
            (
                ShippedChoice(4, _("とてもいい"), "sun"),
                ShippedChoice(3, _("いい"), "sun-cloud"),
                ShippedChoice(2, _("ふつう"), "cloud"),
                ShippedChoice(1, _("少しつらい"), "rain"),
                ShippedChoice(0, _("とてもつらい"), "storm"),
            ),
        ),
        ShippedQuestion(
            "body",
            _("体の調子はどうですか。"),
            (
                ShippedChoice(2, _("いい"), "sun"),
                ShippedChoice(1, _("少し悪い"), "cloud"),
                ShippedChoice(0, _("悪い"), "rain"),
            ),
        ),
        ShippedQuestion(
            "sleep",
            _("昨日の夜は眠れましたか。"),
            (
                ShippedChoice(2, _("よく眠れた"), "sun"),
                ShippedChoice(1, _("少し眠れた"), "cloud"),
                ShippedChoice(0, _("あまり眠れなかった"), "rain"),
            ),
        ),
        ShippedQuestion(
            "talk",
            _("だれかと話したいですか。"),
            (
                ShippedChoice(0, _("いまはいい")),
                ShippedChoice(1, _("近いうちに")),
                ShippedChoice(2, pgettext_lazy("いつ話したいか", "きょう")),
                ShippedChoice(3, _("いますぐ")),
            ),
        ),
        ShippedQuestion(
            "words",
            _("書きたいことがあれば、書いてください。"),
            hint=NOT_AT_ONCE,
        ),
    ),
    every_days=1,
)

OFTENNESS_CHOICES = (
    ShippedChoice(4, _("いつも"), "sun"),
    ShippedChoice(3, _("よく"), "sun-cloud"),
    ShippedChoice(2, _("ときどき"), "cloud"),
    ShippedChoice(1, _("あまり"), "rain"),
    ShippedChoice(0, _("全然"), "storm"),
)
WEEKLY = ShippedQuestionSet(
    "weekly",
    1,
    _("1週間のわたし"),
    LEAD,
    tuple(
        ShippedQuestion(code, text, OFTENNESS_CHOICES)
        for code, text in (
            ("safe", _("学校で安心して過ごせた")),
            ("friends", _("話せる友だちや人がいた")),
            ("study", _("授業や勉強についていけた")),
            ("home", _("家でゆっくりできた")),
            ("meals", _("ごはんを食べられた")),
            ("fun", _("楽しいと思うことがあった")),
        )
    ),
)

# WHO-5 without its words: they are WHO's. A city that holds the permission enters the official
# Japanese items and labels word by word, and the permission's reference.
WHO5 = ShippedQuestionSet(
    "who5",
    1,
    _("この2週間のわたし"),
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


def as_seeded(sentence: Promise | str) -> str:
    """The easy Japanese of a shipped sentence: what is stored with a question."""
    with speaking(PageLanguage.EASY):
        return str(sentence)


def in_page_language(text: str) -> str:
    """A stored text of a question in the page's language; what a city wrote itself stays as it is."""
    return str(_by_stored_text().get(text, text))


@lru_cache(maxsize=1)
def _by_stored_text() -> dict[str, Promise | str]:
    return {as_seeded(each): each for each in _sentences()}


def _sentences() -> Iterator[Promise | str]:
    for shipped in SHIPPED_QUESTION_SETS:
        yield from (shipped.title, shipped.lead)
        for question in shipped.questions:
            yield from (question.text, question.hint)
            yield from (option.label for option in question.options)
