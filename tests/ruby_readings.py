"""Whether a student can read a page: every kanji in its text carries a reading."""

import re

KANJI = re.compile(r"[\u4e00-\u9fff々]")
HIDDEN = re.compile(
    r"<head>.*?</head>|<header\b.*?</header>|<footer\b.*?</footer>|<ruby>.*?</ruby>|<[^>]+>",
    re.DOTALL,
)


def kanji_without_reading(html):
    """The kanji of a page's main part that stand without ruby (an empty list is good)."""
    body = re.search(r"<main\b.*?</main>", html, re.DOTALL)
    return KANJI.findall(HIDDEN.sub("", body.group(0) if body else html))
