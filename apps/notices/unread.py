"""Which kanji a student would meet without a reading. Pure."""

import re

RUBY = re.compile(r"｜([^｜《》]+)《([^｜《》]+)》")
KANJI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〆\U00020000-\U0003134f]+")
ADDRESS = re.compile(r"https?://\S+")


def kanji_without_reading(*texts):
    """The runs of kanji outside ``｜今日《きょう》``, each once, in order."""
    bare = (ADDRESS.sub("", RUBY.sub(" ", text or "")) for text in texts)
    return list(dict.fromkeys(run for text in bare for run in KANJI.findall(text)))


def broken_ruby(*texts):
    """Whether a mark of ruby is left over: one that nobody will see as a reading."""
    return any(mark in RUBY.sub("", text or "") for text in texts for mark in "｜《》")
