"""Words that nobody can see are no words."""

import pytest

from apps.core.text import is_blank


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "\u3000",
        "\u200b",
        "\u200b \u2060",
        "\u3164",
        "\u2800",
        "\ufe0f",
        "\u00ad",
        "\U000e0041",
    ],
)
def test_what_shows_nothing_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["あ", "\u200bあ", "!", "😀", "1", "か\u3099"])
def test_what_shows_something_is_not(text):
    assert not is_blank(text)
