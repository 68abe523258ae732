"""Retry-After of other servers: seconds or a date, never more than a day."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.retry_after import MAX_SECONDS, retry_after_seconds

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [("7", 7), (" 7 ", 7), (format_datetime(NOW + timedelta(seconds=90)), 90),
     ("Tue, 24 Nov 2026 12:01:00 GMT", 60), ("Tue, 24 Nov 2026 12:01:00 -0000", 60),
     ("Tue, 24 Nov 2026 11:00:00 GMT", 0), ("Tue, 24 Nov 2099 11:00:00 GMT", MAX_SECONDS),
     ("99999999999", MAX_SECONDS), ("soon", None), ("", None), (None, None), ("-5", None)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(text, found):
    assert retry_after_seconds(text, NOW) == found


def test_part_of_a_second_is_waited_as_a_whole_one():
    late = NOW + timedelta(milliseconds=400)
    assert retry_after_seconds("Tue, 24 Nov 2026 12:01:00 GMT", late) == 60


@given(st.text(max_size=40))
def test_any_text_gives_a_bounded_wait_or_none(text):
    found = retry_after_seconds(text, NOW)
    assert found is None or 0 <= found <= MAX_SECONDS
