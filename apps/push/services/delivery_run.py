"""One worker's run: while the messages of one chunk are sent, the next chunk is read.

Encrypting and sending keep one thread busy; a second one, the database thread, claims the next
chunk and saves responses. Tests use one thread (PUSH_LANE), because a transaction is seen by its
own connection only.
"""

import os
import time
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

from django.conf import settings
from django.db import close_old_connections

from apps.push import transport
from apps.push.services import deliveries

WRITE_BATCH_SIZE = 250
WRITE_EVERY_S = 1.0


class DeliveryRun:
    """Sends what is due until ``stop_at`` (time.monotonic); ``n`` counts the responses."""

    def __init__(self, stop_at):
        self.stop_at, self.n = stop_at, 0
        self.n_open = 0  # queues with requests under way
        self.lane = _database_executor()
        self.under_way = []
        self.waiting = defaultdict(list)
        self.looked_at = time.monotonic()

    def go(self):
        """Send until nothing is due or time is up, and save every response."""
        if settings.PUSH_LANE:
            self._do(close_old_connections)
        for answer in transport.process_transport().send(self._source()):
            if answer is not None:
                self._note(answer)
            elif time.monotonic() - self.looked_at > WRITE_EVERY_S:
                self._write_what_came()
        self._write_what_came()
        self._look_for_errors(wait=True)
        return self.n

    def _source(self):
        coming = self._do(deliveries.prepare_chunk)
        while True:
            while self.n_open and not coming.done():
                yield None
            feed = coming.result()
            if feed is None:
                return
            self.n_open += 1
            has_time = time.monotonic() < self.stop_at
            coming = self._do(deliveries.prepare_chunk) if has_time else _done(None)
            yield from feed
            self._close_if_complete(feed)

    def _note(self, answer):
        feed, _ = answer.id
        self.n += 1
        feed.n_answered += 1
        batch = self.waiting[feed]
        batch.append(answer)
        if len(batch) >= WRITE_BATCH_SIZE:
            self._write(feed)
        self._close_if_complete(feed)

    def _close_if_complete(self, feed):
        if feed.is_complete and not feed.is_closed:
            feed.is_closed = True
            self.n_open -= 1
            self._write(feed)
            self._do(deliveries.release_chunk, feed.chunk)

    def _write_what_came(self):
        self.looked_at = time.monotonic()
        for feed in list(self.waiting):
            self._write(feed)

    def _write(self, feed):
        batch = self.waiting.pop(feed, None)
        if batch:
            self._do(deliveries.save_responses, feed, batch)

    def _do(self, what, *args):
        self._look_for_errors(wait=False)
        future = self.lane(what, *args)
        self.under_way.append(future)
        return future

    def _look_for_errors(self, *, wait):
        """Raise what went wrong in the database thread; its chunk is due again when its lease ends."""
        left = []
        for future in self.under_way:
            if wait or future.done():
                future.result()
            else:
                left.append(future)
        self.under_way = left


_executors = {}


def _database_executor():
    """The executor for database work: a thread beside the sending, or (tests) the same thread."""
    if not settings.PUSH_LANE:
        return _run_inline
    pid = os.getpid()
    if pid not in _executors:
        _executors.clear()
        _executors[pid] = ThreadPoolExecutor(1, thread_name_prefix="push-lane")
    return partial(_executors[pid].submit, _in_context(copy_context()))


def _in_context(context):
    """A call in the context of who asked: for whose rows it works (core.municipality_scope)."""
    return lambda what, *args: context.copy().run(what, *args)


def _run_inline(what, *args):
    return _done(what(*args))


def _done(value):
    future = Future()
    future.set_result(value)
    return future
