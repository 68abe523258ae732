"""What answers mean, how fast a service is asked, when bells rest: pure rules."""

from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.clock import JST
from apps.push import breaker, quiet
from apps.push.answers import (
    FIRST_WAIT_S,
    MAX_ATTEMPTS,
    MAX_WAIT_S,
    Meaning,
    backoff,
    code_of,
    seconds,
    verdict,
)
from apps.push.breaker import Evidence, Line, Outcome

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
statuses = st.one_of(st.none(), st.integers(100, 599))


@given(statuses, st.integers(1, 20), st.text(max_size=40), st.text(max_size=80))
def test_every_answer_has_a_meaning_and_a_bounded_wait(status, attempts, retry_after, body):
    found = verdict(status, attempts=attempts, retry_after=retry_after, body=body, now=NOW)
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


@given(st.sampled_from([406, 429, 503]), st.integers(0, 10_000), st.integers(0, 2000))
def test_what_is_asked_for_is_waited_within_bounds_that_grow(status, asked, n_trouble):
    found = verdict(status, attempts=1, retry_after=str(asked), now=NOW, n_trouble=n_trouble)
    bound = min(FIRST_WAIT_S * 2 ** min(n_trouble, 6), MAX_WAIT_S)
    assert min(asked, bound) <= found.wait_s <= min(asked * 1.1, bound)


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
    return breaker.after(line, [Evidence(outcome) for outcome in outcomes], now)


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


def test_many_devices_in_trouble_rest_the_line_and_five_probes_try_it():
    line = after(taken(Line(), 40)[1], *[Outcome.TROUBLE] * 19)
    assert line.state == breaker.CLOSED
    line = after(line, Outcome.TROUBLE)
    assert taken(line)[0] == 0
    later = NOW + timedelta(seconds=31)
    n, line = taken(line, now=later)
    assert (n, line.state) == (5, breaker.HALF_OPEN)
    assert taken(line, now=later)[0] == 0
    assert after(line, *[Outcome.TROUBLE] * 4, now=later).state == breaker.HALF_OPEN
    assert after(line, *[Outcome.TROUBLE] * 5, now=later).state == breaker.OPEN
    mixed = [*[Outcome.TROUBLE] * 4, Outcome.GOOD]
    assert after(line, *mixed, now=later).state == breaker.CLOSED


def test_probes_that_were_lost_are_given_again():
    line = after(taken(Line(), 20)[1], *[Outcome.TROUBLE] * 20)
    _, line = taken(line, now=NOW + timedelta(seconds=31))
    assert taken(line, now=NOW + timedelta(seconds=62))[0] == 5


@pytest.mark.parametrize("outcome", [Outcome.TROUBLE, Outcome.THROTTLED, Outcome.REFUSED])
def test_a_few_bad_devices_among_many_never_rest_the_line(outcome):
    line = Line()
    for minute in range(20):
        _, line = taken(line, 100, now=NOW + timedelta(seconds=10 * minute))
        line = after(line, *[outcome] * 20, *[Outcome.GOOD] * 80)
        assert line.state == breaker.CLOSED


@pytest.mark.parametrize("outcome", [Outcome.TROUBLE, Outcome.THROTTLED, Outcome.REFUSED])
def test_one_device_again_and_again_says_nothing_about_its_service(outcome):
    line = taken(Line(), 100)[1]
    line = breaker.after(line, [Evidence(outcome, 3600, is_first=False)] * 500, NOW)
    assert line.state == breaker.CLOSED
    assert line.rate == 100


def test_trouble_of_long_ago_is_forgotten():
    line = after(taken(Line(), 100)[1], *[Outcome.TROUBLE] * 19)
    _, line = taken(line, 30, now=NOW + timedelta(minutes=10))
    assert after(line, *[Outcome.TROUBLE] * 19).state == breaker.CLOSED


def test_a_throttled_batch_halves_the_rate_once_and_rests_as_the_least_asked_for():
    found = [Evidence(Outcome.THROTTLED, 30), *[Evidence(Outcome.THROTTLED, 9000)] * 49]
    line = breaker.after(taken(Line())[1], found, NOW)
    assert line.rate == 50
    assert line.open_until == NOW + timedelta(seconds=30)


def test_no_service_rests_longer_than_a_quarter_of_an_hour_at_a_time():
    found = [Evidence(Outcome.THROTTLED, 86400)] * 50
    line = breaker.after(taken(Line())[1], found, NOW)
    assert line.open_until == NOW + timedelta(minutes=15)


@pytest.mark.parametrize(("n_devices", "needed"), [(1, 1), (3, 3), (20, 5), (1000, 5)])
def test_a_signature_is_doubted_when_five_devices_or_all_are_refused(n_devices, needed):
    line = taken(Line(), needed)[1]
    refused = [Evidence(Outcome.REFUSED)] * needed
    few = breaker.after(line, refused[1:], NOW, n_devices=n_devices)
    assert few.state == breaker.CLOSED
    line = breaker.after(line, refused, NOW, n_devices=n_devices)
    n, line = taken(line, 1)
    assert (n, line.state) == (1, breaker.HALF_OPEN)  # signed anew at once
    line = breaker.after(line, refused[:1], NOW, n_devices=n_devices)
    assert line.open_until == NOW + breaker.ALARM_REST


def test_a_clean_minute_doubles_the_rate_up_to_the_cap():
    line, now = taken(Line())[1], NOW
    for _ in range(10):
        now += timedelta(seconds=61)
        line = after(taken(line, now=now)[1], Outcome.GOOD, now=now)
    assert line.rate == 1000


@given(
    st.lists(st.builds(Evidence, st.sampled_from(Outcome), st.integers(0, 10**6), st.booleans())),
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
