"""Pure rules: the meaning of responses, rate limits, quiet hours."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.clock import JST
from apps.push import circuit_breaker, quiet_hours_rules
from apps.push.circuit_breaker import Circuit, ServiceCondition, ServiceReply
from apps.push.response_rules import (
    MAX_ATTEMPTS,
    MAX_FIRST_RETRY_S,
    MAX_RETRY_S,
    DeliveryResult,
    backoff_seconds,
    extract_error_code,
    judge_response,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
statuses = st.one_of(st.none(), st.integers(100, 599))


@given(statuses, st.integers(1, 20), st.text(max_size=40), st.text(max_size=80))
def test_every_answer_has_a_meaning_and_a_bounded_wait(status, attempts, retry_after, body):
    found = judge_response(status, attempts=attempts, retry_after=retry_after, body=body, now=NOW)
    assert 0 <= found.wait_s <= MAX_RETRY_S
    if found.meaning is DeliveryResult.GONE:
        assert status in (404, 410)


@given(st.integers(1, MAX_ATTEMPTS - 1))
def test_a_wait_grows_and_is_partly_chance(attempts):
    assert 4 ** (attempts - 1) <= backoff_seconds(attempts) <= 2 * 4 ** (attempts - 1)


def test_six_tries_end_within_a_quarter_of_an_hour():
    assert sum(2 * 4 ** (n - 1) for n in range(1, MAX_ATTEMPTS)) < 15 * 60


@given(st.sampled_from([406, 429, 503]), st.integers(0, 10_000), st.integers(0, 2000))
def test_what_is_asked_for_is_waited_within_bounds_that_grow(status, asked, n_trouble):
    found = judge_response(status, attempts=1, retry_after=str(asked), now=NOW, n_trouble=n_trouble)
    bound = min(MAX_FIRST_RETRY_S * 2 ** min(n_trouble, 6), MAX_RETRY_S)
    assert min(asked, bound) <= found.wait_s <= min(asked * 1.1, bound)


@pytest.mark.parametrize(
    ("body", "code"),
    [('{"reason": "BadJwtToken"}', "BadJwtToken"), ('{"errno": 109}', "109"), ("<html>", ""),
     ("[]", ""), ("", ""), ('{"reason": "https://x/secret y"}', "httpsxsecrety")],
)  # fmt: skip
def test_only_a_short_word_of_an_error_is_kept(body, code):
    assert extract_error_code(body) == code
    assert extract_error_code(body, "Ttl value: none") == (code or "Ttlvaluenone")


# -- circuit breaker ------------------------------------------------------------------------------


def rows_taken(line, wanted=100, now=NOW):
    return circuit_breaker.take_tokens(line, wanted, now, start_rate=100, max_rate=1000)


def after(line, *outcomes, now=NOW):
    return circuit_breaker.apply_observations(
        line, [ServiceReply(outcome) for outcome in outcomes], now
    )


def test_a_fresh_line_gives_two_seconds_worth_and_then_fills_again():
    line, given_ = Circuit(), 0
    for _ in range(5):
        n, line = rows_taken(line)
        given_ += n
    assert given_ == 200
    assert rows_taken(line, now=NOW + timedelta(milliseconds=100))[0] == 10


def test_a_clock_that_jumps_back_gives_nothing_and_breaks_nothing():
    _, line = rows_taken(Circuit(), 200)
    assert rows_taken(line, now=NOW - timedelta(days=1))[0] == 0


def test_many_devices_in_trouble_rest_the_line_and_five_probes_try_it():
    line = after(rows_taken(Circuit(), 40)[1], *[ServiceCondition.TROUBLE] * 19)
    assert line.state == circuit_breaker.CLOSED
    line = after(line, ServiceCondition.TROUBLE)
    assert rows_taken(line)[0] == 0
    later = NOW + timedelta(seconds=31)
    n, line = rows_taken(line, now=later)
    assert (n, line.state) == (5, circuit_breaker.HALF_OPEN)
    assert rows_taken(line, now=later)[0] == 0
    assert (
        after(line, *[ServiceCondition.TROUBLE] * 4, now=later).state == circuit_breaker.HALF_OPEN
    )
    assert after(line, *[ServiceCondition.TROUBLE] * 5, now=later).state == circuit_breaker.OPEN
    mixed = [*[ServiceCondition.TROUBLE] * 4, ServiceCondition.GOOD]
    assert after(line, *mixed, now=later).state == circuit_breaker.CLOSED


def test_probes_that_were_lost_are_given_again():
    line = after(rows_taken(Circuit(), 20)[1], *[ServiceCondition.TROUBLE] * 20)
    _, line = rows_taken(line, now=NOW + timedelta(seconds=31))
    assert rows_taken(line, now=NOW + timedelta(seconds=62))[0] == 5


@pytest.mark.parametrize(
    "outcome", [ServiceCondition.TROUBLE, ServiceCondition.THROTTLED, ServiceCondition.REFUSED]
)
def test_a_few_bad_devices_among_many_never_rest_the_line(outcome):
    line = Circuit()
    for minute in range(20):
        _, line = rows_taken(line, 100, now=NOW + timedelta(seconds=10 * minute))
        line = after(line, *[outcome] * 20, *[ServiceCondition.GOOD] * 80)
        assert line.state == circuit_breaker.CLOSED


@pytest.mark.parametrize(
    "outcome", [ServiceCondition.TROUBLE, ServiceCondition.THROTTLED, ServiceCondition.REFUSED]
)
def test_one_device_again_and_again_says_nothing_about_its_service(outcome):
    line = rows_taken(Circuit(), 100)[1]
    line = circuit_breaker.apply_observations(
        line, [ServiceReply(outcome, 3600, is_first=False)] * 500, NOW
    )
    assert line.state == circuit_breaker.CLOSED
    assert line.rate == 100


def test_trouble_of_long_ago_is_forgotten():
    line = after(rows_taken(Circuit(), 100)[1], *[ServiceCondition.TROUBLE] * 19)
    _, line = rows_taken(line, 30, now=NOW + timedelta(minutes=10))
    assert after(line, *[ServiceCondition.TROUBLE] * 19).state == circuit_breaker.CLOSED


def test_a_throttled_batch_halves_the_rate_once_and_rests_as_the_least_asked_for():
    found = [
        ServiceReply(ServiceCondition.THROTTLED, 30),
        *[ServiceReply(ServiceCondition.THROTTLED, 9000)] * 49,
    ]
    line = circuit_breaker.apply_observations(rows_taken(Circuit())[1], found, NOW)
    assert line.rate == 50
    assert line.open_until == NOW + timedelta(seconds=30)


def test_no_service_rests_longer_than_a_quarter_of_an_hour_at_a_time():
    found = [ServiceReply(ServiceCondition.THROTTLED, 86400)] * 50
    line = circuit_breaker.apply_observations(rows_taken(Circuit())[1], found, NOW)
    assert line.open_until == NOW + timedelta(minutes=15)


@pytest.mark.parametrize(("n_devices", "needed"), [(1, 1), (3, 3), (20, 5), (1000, 5)])
def test_a_signature_is_doubted_when_five_devices_or_all_are_refused(n_devices, needed):
    line = rows_taken(Circuit(), needed)[1]
    refused = [ServiceReply(ServiceCondition.REFUSED)] * needed
    few = circuit_breaker.apply_observations(line, refused[1:], NOW, n_devices=n_devices)
    assert few.state == circuit_breaker.CLOSED
    line = circuit_breaker.apply_observations(line, refused, NOW, n_devices=n_devices)
    n, line = rows_taken(line, 1)
    assert (n, line.state) == (1, circuit_breaker.HALF_OPEN)  # signed anew at once
    line = circuit_breaker.apply_observations(line, refused[:1], NOW, n_devices=n_devices)
    assert line.open_until == NOW + circuit_breaker.ALARM_OPEN_PERIOD


def test_a_clean_minute_doubles_the_rate_up_to_the_cap():
    line, now = rows_taken(Circuit())[1], NOW
    for _ in range(10):
        now += timedelta(seconds=61)
        line = after(rows_taken(line, now=now)[1], ServiceCondition.GOOD, now=now)
    assert line.rate == 1000


@given(
    st.lists(
        st.builds(
            ServiceReply, st.sampled_from(ServiceCondition), st.integers(0, 10**6), st.booleans()
        )
    ),
    st.integers(0, 7200),
)
def test_whatever_happens_a_line_never_rests_for_ever_nor_gives_more_than_asked(outcomes, gap_s):
    line = circuit_breaker.apply_observations(rows_taken(Circuit())[1], outcomes, NOW)
    assert line.open_until is None or line.open_until <= NOW + circuit_breaker.MAX_OPEN_PERIOD
    n, line = rows_taken(line, 7, NOW + circuit_breaker.MAX_OPEN_PERIOD + timedelta(seconds=gap_s))
    assert 0 < n <= 7


# -- quiet hours------------------------------------------------------------------------------------


def at(hour, minute=0):
    return datetime(2026, 11, 24, hour, minute, tzinfo=JST)


@pytest.mark.parametrize(
    ("now", "ends"),
    [(at(19, 59), None), (at(20), at(7) + timedelta(days=1)), (at(23), at(7) + timedelta(days=1)),
     (at(0), at(7)), (at(6, 59), at(7)), (at(7), None)],
)  # fmt: skip
def test_bells_rest_from_eight_to_seven(now, ends):
    assert quiet_hours_rules.quiet_until(now) == ends


@given(st.times(), st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001
def test_a_rest_always_ends_within_a_day_and_outside_itself(begins, ends, now):
    now = now.replace(tzinfo=JST)
    found = quiet_hours_rules.quiet_until(now, begins, ends)
    if found is not None:
        assert timedelta(0) < found - now <= timedelta(days=1)
        assert quiet_hours_rules.quiet_until(found, begins, ends) is None


def test_equal_hours_mean_no_rest():
    assert quiet_hours_rules.quiet_until(at(23), time(7), time(7)) is None
