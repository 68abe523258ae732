"""The self-help cards we ship: for who does not want to tell anybody yet.

Short, our own words, no treatment; each ends in a person. A card is a draft until a counsellor of
the municipality has approved these very words (``services.self_help``).
"""

import hashlib
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.languages import PageLanguage, speaking


@dataclass(frozen=True)
class SelfHelpCard:
    """A card: its topic, what may help, and the person at its end."""

    code: str
    title: Promise
    steps: tuple[Promise, ...]
    person: Promise


SELF_HELP_CARDS = (
    SelfHelpCard(
        "sleep",
        _("眠れない"),
        (
            _("眠れない夜は、だれにでもあります。目を閉じて、横になるだけでもいいです。"),
            _("タブレットやスマホは、手の届かないところに置いてみます。"),
        ),
        _("何日も続いたら、保健室の先生に「眠れない」とだけ言ってみてください。"),
    ),
    SelfHelpCard(
        "temper",
        _("いらいらする"),
        (
            _("いらいらするのは、悪いことではありません。"),
            _("その場を少し離れて、水を飲んだり、ゆっくり息をはいたりしてみます。"),
        ),
        _(
            "物や自分をきずつけたくなったら、保健室の先生か、近くの大人に"
            "「いらいらする」と言ってください。"
        ),
    ),
    SelfHelpCard(
        "quarrel",
        _("けんかをした"),
        (
            _("すぐに仲直りしなくてもいいです。"),
            _("言いたかったことを、送らないで、紙に書いてみます。"),
        ),
        _(
            "たたかれたり、仲間はずれが続いたりするのは、けんかではありません。"
            "話しやすい先生に言ってください。"
        ),
    ),
    SelfHelpCard(
        "net",
        _("ネットのこと"),
        (
            _("返事をしないで、画面を閉じてもいいです。"),
            _("あとで見せられるように、画面を写しておく方法もあります。"),
        ),
        _(
            "写真を送ってと言われたときも、こわいことを書かれたときも、あなたは悪くありません。"
            "信じられる大人に、その画面を見せてください。"
        ),
    ),
    SelfHelpCard(
        "family",
        _("家のこと"),
        (
            _("家でいやなことやこわいことがあるのは、あなたのせいではありません。"),
            _("あぶないと思ったら、その場を離れて、近くの大人のところへ行ってください。"),
        ),
        _("保健室の先生か、電話の189（24時間）の人に話せます。"),
    ),
    SelfHelpCard(
        "body",
        _("体のこと"),
        (
            _("痛い、食べられない、けがをした。どんなことでも、がまんしなくていいです。"),
            _("いつから、どこがつらいかを、紙に書いておくと、話しやすくなります。"),
        ),
        _(
            "保健室の先生に、その紙を見せるだけでもいいです。急に悪くなったら、近くの大人に言ってください。"
        ),
    ),
)
CARDS_BY_CODE = {card.code: card for card in SELF_HELP_CARDS}


def card_digest(card: SelfHelpCard) -> str:
    """A digest (16 characters) of what children read: other words need a new approval."""
    with speaking(PageLanguage.EASY):
        words = "\n".join(map(str, (card.title, *card.steps, card.person)))
    return hashlib.sha256(words.encode()).hexdigest()[:16]
