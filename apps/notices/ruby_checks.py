"""Finds kanji without a reading in a text. Pure."""

import re

from apps.core.templatetags.japanese import RUBY
from apps.notices.grade_kanji import kanji_learnt_before

KANJI_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〆\U00020000-\U0003134f]+")
WEB_ADDRESS = re.compile(r"https?://\S+")


def kanji_without_reading(*texts, grade=""):
    """The runs of kanji outside ``｜今日《きょう》``, each once, in order.

    Only those with a kanji that students of ``grade`` did not learn in the years before it (the
    mark 々 is read by all); all runs where the grade is not known.
    """
    known = kanji_learnt_before(grade) | {"々"}
    bare = (WEB_ADDRESS.sub("", RUBY.sub(" ", text or "")) for text in texts)
    runs = dict.fromkeys(run for text in bare for run in KANJI_RUN.findall(text))
    return [run for run in runs if not known.issuperset(run)]


def broken_ruby(*texts):
    """Whether a text has an unmatched ruby mark, which would not be shown as a reading."""
    return any(mark in RUBY.sub("", text or "") for text in texts for mark in "｜《》")
