"""What answers mean, how fast a service is asked, when bells rest: pure rules."""

from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.clock import JST
from apps.push import breaker, quiet
from apps.push.answers import MAX_ATTEMPTS, MAX_WAIT_S, Meaning, backoff, code_of, seconds, verdict
from apps.push.breaker import Line, Outcome

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
statuses = st.one_of(st.none(), st.integers(100, 599))


@given(statuses, st.integers(1, 20), st.text(max_size=40), st.text(max_size=80))
def test_every_answer_has_a_meaning_and_a_bounded_wait(status, attempts, retry_after, body):
    found = verdict(status, attempts=attempts, retry_after=retry_after, body=body)
    assert 0 <= found.wait_s <= MAX_WAIT_S
    if found.meaning is Meaning.GONE:
        assert status in (404, 410)


@given(st.integers(1, MAX_ATTEMPTS - 1))
def test_a_wait_grows_and_is_partly_chance(attempts):
    assert 4 ** (attempts - 1) <= backoff(attempts) <= 2 * 4 ** (attempts - 1)


def test_six_tries_end_within_a_quarter_of_an_hour():
    assert sum(2 * 4 ** (n - 1) for n in range(1, MAX_ATTEMPTS)) < 15 * 60


@pytest.mark.parametrize(
    ("text", "found"),
    [("7", 7), (format_datetime(NOW + timedelta(seconds=90)), 90), ("Tue, 24 Nov 2026 12:01:00 GMT", 60),
     ("Tue, 24 Nov 2026 11:00:00 GMT", 0), ("soon", None), ("", None), (None, None), ("-5", None)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(text, found):
    assert seconds(text, NOW) == found


@given(st.sampled_from([406, 429, 503]), st.integers(0, 10_000))
def test_what_a_service_asks_for_is_waited_and_by_chance_a_tenth_more(status, asked):
    found = verdict(status, attempts=1, retry_after=str(asked))
    assert min(asked, MAX_WAIT_S) <= found.wait_s <= min(asked * 1.1, MAX_WAIT_S)


@pytest.mark.parametrize(
    ("body", "code"),
    [('{"reason": "BadJwtToken"}', "BadJwtToken"), ('{"errno": 109}', "109"), ("<html>", ""),
     ("[]", ""), ("", ""), ('{"reason": "https://x/secret y"}', "httpsxsecrety")],
)  # fmt: skip
def test_only_a_short_word_of_an_error_is_kept(body, code):
    assert code_of(body) == code
    assert code_of(body, "Ttl value: none") == (code or "Ttlvaluenone")


# -- the breaker ----------------------------------------------------------------------------------


def taken(line, wanted=100, now=NOW):
    return breaker.take(line, wanted, now, start_rate=100, max_rate=1000)


def after(line, *outcomes, now=NOW):
    return breaker.after(line, [(outcome, 0) for outcome in outcomes], now)


def test_a_fresh_line_gives_two_seconds_worth_and_then_fills_again():
    line, given_ = Line(), 0
    for _ in range(5):
        n, line = taken(line)
        given_ += n
    assert given_ == 200
    assert taken(line, now=NOW + timedelta(milliseconds=100))[0] == 10


def test_a_clock_that_jumps_back_gives_nothing_and_breaks_nothing():
    _, line = taken(Line(), 200)
    assert taken(line, now=NOW - timedelta(days=1))[0] == 0


def test_twenty_failures_in_a_row_rest_the_line_and_five_bells_probe_it():
    line = after(taken(Line())[1], *[Outcome.TROUBLE] * 9)
    assert line.state == breaker.CLOSED
    line = after(line, *[Outcome.GOOD] * 100, *[Outcome.TROUBLE] * 20)
    assert taken(line)[0] == 0
    later = NOW + timedelta(seconds=31)
    n, line = taken(line, now=later)
    assert (n, line.state) == (5, breaker.HALF_OPEN)
    assert taken(line, now=later)[0] == 0
    assert after(line, Outcome.TROUBLE, now=later).state == breaker.OPEN
    assert after(line, Outcome.GOOD, now=later).state == breaker.CLOSED


def test_probes_that_were_lost_are_given_again():
    line = after(taken(Line())[1], *[Outcome.TROUBLE] * 20)
    _, line = taken(line, now=NOW + timedelta(seconds=31))
    assert taken(line, now=NOW + timedelta(seconds=62))[0] == 5


def test_ten_failures_of_a_hundred_rest_the_line():
    line = taken(Line())[1]
    for _ in range(9):
        line = after(line, *[Outcome.GOOD] * 8, Outcome.TROUBLE)
    assert line.state == breaker.CLOSED
    assert after(line, Outcome.TROUBLE).state == breaker.OPEN


def test_a_throttled_batch_halves_the_rate_once():
    line = breaker.after(taken(Line())[1], [(Outcome.THROTTLED, 30)] * 50, NOW)
    assert line.rate == 50
    assert line.open_until == NOW + timedelta(seconds=30)


def test_a_clean_minute_doubles_the_rate_up_to_the_cap():
    line, now = taken(Line())[1], NOW
    for _ in range(10):
        now += timedelta(seconds=61)
        line = after(taken(line, now=now)[1], Outcome.GOOD, now=now)
    assert line.rate == 1000


@given(
    st.lists(st.tuples(st.sampled_from(Outcome), st.integers(0, 10**6)), max_size=200),
    st.integers(0, 7200),
)
def test_whatever_happens_a_line_never_rests_for_ever_nor_gives_more_than_asked(outcomes, gap_s):
    line = breaker.after(taken(Line())[1], outcomes, NOW)
    assert line.open_until is None or line.open_until <= NOW + breaker.MAX_REST
    n, line = taken(line, 7, NOW + breaker.MAX_REST + timedelta(seconds=gap_s))
    assert 0 < n <= 7


# -- rest -------------------------------------------------------------------------------------------


def at(hour, minute=0):
    return datetime(2026, 11, 24, hour, minute, tzinfo=JST)


@pytest.mark.parametrize(
    ("now", "ends"),
    [(at(19, 59), None), (at(20), at(7) + timedelta(days=1)), (at(23), at(7) + timedelta(days=1)),
     (at(0), at(7)), (at(6, 59), at(7)), (at(7), None)],
)  # fmt: skip
def test_bells_rest_from_eight_to_seven(now, ends):
    assert quiet.rest_ends(now) == ends


@given(st.times(), st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001
def test_a_rest_always_ends_within_a_day_and_outside_itself(begins, ends, now):
    now = now.replace(tzinfo=JST)
    found = quiet.rest_ends(now, begins, ends)
    if found is not None:
        assert timedelta(0) < found - now <= timedelta(days=1)
        assert quiet.rest_ends(found, begins, ends) is None


def test_equal_hours_mean_no_rest():
    assert quiet.rest_ends(at(23), time(7), time(7)) is None
