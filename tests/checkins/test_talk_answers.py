import pytest

from apps.checkins.talk_answers import wants_to_talk_today


@pytest.mark.parametrize(
    ("answers", "wants"),
    [({}, False), ({"talk": 0}, False), ({"talk": 1}, False), ({"talk": 2}, True),
     ({"talk": 3}, True), ({"talk": "a city's own question for words"}, False)],
)  # fmt: skip
def test_today_and_at_once_ask_to_talk(answers, wants):
    assert wants_to_talk_today(answers) == wants
