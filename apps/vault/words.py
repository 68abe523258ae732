"""Texts in place of content that cannot be read. Pure."""

from apps.vault.damage import DAMAGED, UNAVAILABLE

# (for adults, for a student)
UNREADABLE = (
    "この記録はこわれていて、読めません。個人情報保護の担当に知らせました。",
    "この ｜記録《きろく》は こわれていて ｜読《よ》めません。"
    "｜個人《こじん》｜情報《じょうほう》を ｜守《まも》る ｜担当《たんとう》に ｜知《し》らせました。",
)
UNAVAILABLE_NOW = (
    "いまは読めません。鍵の置き場所につながらないためです。記録は消えていません。",
    "いまは ｜読《よ》めません。｜記録《きろく》は ｜消《き》えて いません。"
    "あとで もう｜一度《いちど》 ｜開《ひら》いて ください。",
)
KEY_DESTROYED = (
    "鍵がこわされたため、読めません。",
    "この ｜記録《きろく》は、もう ｜読《よ》めません。",
)
UNREADABLE_COUNT = (
    "うち {}件は、こわれていて読めません。個人情報保護の担当に知らせました。",
    "この うち {}この ｜記録《きろく》は こわれていて ｜読《よ》めません。"
    "｜個人《こじん》｜情報《じょうほう》を ｜守《まも》る ｜担当《たんとう》に ｜知《し》らせました。",
)


def why_unreadable(content, side=0):
    """The sentence for content that is DAMAGED, AWAY or None; "" where it can be read.

    ``side`` is 0 for adults, 1 for a student.
    """
    if content is DAMAGED:
        return UNREADABLE[side]
    if content is UNAVAILABLE:
        return UNAVAILABLE_NOW[side]
    return KEY_DESTROYED[side] if content is None else ""


def content_words(content, side=0):
    """The words of a sealed note or reply ({"words": …}), or why they cannot be read."""
    return content["words"] if content else why_unreadable(content, side)
