"""Texts in place of content that cannot be read; each is translated when it is shown."""

from django.utils.translation import gettext_lazy as _

from apps.vault.damage import DAMAGED, UNAVAILABLE

UNREADABLE = _("この記録はこわれていて、読めません。個人情報保護の担当に知らせました。")
UNAVAILABLE_NOW = _("いまは読めません。鍵の置き場所につながらないためです。記録は消えていません。")
KEY_DESTROYED = _("鍵がこわされたため、読めません。")
UNREADABLE_COUNT = _("うち {}件は、こわれていて読めません。個人情報保護の担当に知らせました。")


def why_unreadable(content) -> str:
    """The sentence for content that is DAMAGED, UNAVAILABLE or None; "" where it can be read."""
    if content is DAMAGED:
        return str(UNREADABLE)
    if content is UNAVAILABLE:
        return str(UNAVAILABLE_NOW)
    return str(KEY_DESTROYED) if content is None else ""


def content_words(content) -> str:
    """The words of a sealed note or reply ({"words": …}), or why they cannot be read."""
    return content["words"] if content else why_unreadable(content)
