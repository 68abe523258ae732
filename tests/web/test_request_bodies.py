"""A request body is read completely, within limits, before it is processed."""

import asyncio
import errno

import pytest

from kaga_portal import request_bodies
from kaga_portal.body_buffers import BodyBudget, BufferedBody
from kaga_portal.request_bodies import BodyRefused, ClientDisconnected, declared_length, read_body


def receiving(*messages, then_silence=False):
    """A ``receive`` that gives these parts, then waits for ever or says that the client left."""
    waiting = list(messages)

    async def receive():
        if waiting:
            return waiting.pop(0)
        if then_silence:
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    return receive


def part(data, *, more=True):
    return {"type": "http.request", "body": data, "more_body": more}


def read(receive, length, limit=100, budget=None):
    async def whole():
        with await read_body(
            receive, length=length, limit=limit, budget=budget or BodyBudget()
        ) as body:
            return body.read()

    return asyncio.run(whole())


def test_a_body_in_parts_is_read_whole():
    assert read(receiving(part(b"ab"), part(b"cde")), 5) == b"abcde"
    assert read(receiving(part(b"ab"), part(b"", more=False)), None) == b"ab"


def test_a_request_without_a_body_waits_for_none():
    assert read(receiving(then_silence=True), 0) == b""


@pytest.mark.parametrize(("length", "parts"), [(101, []), (None, [b"x" * 60, b"x" * 41])])
def test_more_than_the_limit_is_refused_announced_or_not(length, parts):
    with pytest.raises(BodyRefused) as refusal:
        read(receiving(*map(part, parts), then_silence=True), length)
    assert refusal.value.status == 413


def test_a_body_that_does_not_come_is_given_up(monkeypatch):
    monkeypatch.setattr(request_bodies, "READ_TIMEOUT_S", 0.05)
    with pytest.raises(BodyRefused) as refusal:
        read(receiving(part(b"half"), then_silence=True), 50)
    assert refusal.value.status == 408


def test_a_client_that_goes_away_in_the_middle_is_no_request():
    with pytest.raises(ClientDisconnected):
        read(receiving(part(b"half")), 50)
    with pytest.raises(ClientDisconnected):
        read(receiving(part(b"half", more=False)), 50)


def test_a_larger_body_may_take_longer():
    assert request_bodies.time_limit_for(0) == request_bodies.READ_TIMEOUT_S
    assert request_bodies.time_limit_for(400_000_000) > 3600


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ([], 0),
        ([(b"content-length", b"12")], 12),
        ([(b"transfer-encoding", b"chunked")], None),
        ([(b"content-length", b"12"), (b"transfer-encoding", b"chunked")], None),
    ],
)
def test_the_head_says_how_much_comes(headers, length):
    assert declared_length(headers) == length


@pytest.mark.parametrize("told", [b"-1", b"+5", b"1e3", b"", b"\xb2"])
def test_a_length_that_is_no_number_is_refused(told):
    with pytest.raises(BodyRefused) as refusal:
        declared_length([(b"content-length", told)])
    assert refusal.value.status == 400


def test_all_bodies_of_a_process_fit_into_one_budget():
    budget = BodyBudget(10)

    async def two():
        with await read_body(
            receiving(part(b"123456", more=False)), length=6, limit=10, budget=budget
        ) as first:
            with pytest.raises(BodyRefused) as refusal:
                await read_body(
                    receiving(part(b"12345", more=False)), length=5, limit=10, budget=budget
                )
            return refusal.value.status, first.read(), budget.n_taken

    assert asyncio.run(two()) == (503, b"123456", 6)
    assert budget.n_taken == 0
    assert read(receiving(part(b"12345", more=False)), 5, budget=budget) == b"12345"


@pytest.mark.parametrize("parts", [[part(b"12"), part(b"3" * 20)], [part(b"12"), part(b"34")]])
def test_a_body_that_is_refused_or_cut_frees_its_memory(parts):
    budget = BodyBudget(10)
    with pytest.raises((BodyRefused, ClientDisconnected)):
        read(receiving(*parts), None, budget=budget)
    assert budget.n_taken == 0


@pytest.mark.parametrize("verb", ["write", "seek"])
def test_a_full_disk_is_answered_and_not_an_error(monkeypatch, verb):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(BufferedBody, verb, full)
    budget = BodyBudget()
    with pytest.raises(BodyRefused) as refusal:
        read(receiving(part(b"1", more=False)), 1, budget=budget)
    assert (refusal.value.status, budget.n_taken) == (503, 0)
