"""Nothing that was read is left over: no table, no log line, no key in Redis holds a trace."""

import logging

import pytest
import redis
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection

from apps.core.crypto import CannotUnseal
from apps.sandbox.mynaportal_answers import RAW_VALUES
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.services import session_secrets
from tests.selfinfo.guardian_browser import carry

MARKS = (*RAW_VALUES, "19880102", "20120405", "9910000012", "架空の項目")


def everything_in_the_database():
    """(table, row as text) of every row; bytes come as hex."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608
            yield from ((table, text) for (text,) in cursor.fetchall())


def everything_in_redis():
    for url in (django_settings.CACHE_URL, django_settings.REDIS_URL):
        server = redis.Redis.from_url(url)
        for key in server.scan_iter():
            kind = server.type(key)
            yield key
            if kind == b"string":
                yield server.get(key) or b""
            elif kind == b"list":
                yield from server.lrange(key, 0, -1)


def hexed(mark):
    return mark.encode().hex()


@pytest.mark.parametrize("variant", ["single", "couple", "number", "broken", "partly"])
def test_no_mark_of_an_answer_is_found_anywhere(browser, caplog, variant):
    caplog.set_level(logging.DEBUG)
    session = carry(browser.start_and_return(variant))
    assert session.is_over
    page = browser.text(session)
    rows = [text for _, text in everything_in_the_database()]
    in_redis = list(everything_in_redis())
    assert len(rows) > 100
    for mark in MARKS:
        assert not [text[:200] for text in rows if mark in text or hexed(mark) in text], mark
        assert not [one[:200] for one in in_redis if mark.encode() in one], mark
        assert mark not in caplog.text, mark
        assert mark not in page, mark


def test_no_secret_of_the_way_is_found_in_the_clear(browser, mynaportal, caplog, settings):
    settings.SELF_INFO_NOTIFY = True
    caplog.set_level(logging.DEBUG, logger="apps")
    caplog.set_level(logging.DEBUG, logger="celery")
    session = carry(browser.start_and_return("never"), most=1)
    (token,) = [body for path, body in mynaportal.seen if path == "/oauth/token"]
    (request_body,) = [body for path, body in mynaportal.seen if path == "/request"]
    secrets = [
        *mynaportal.tokens,
        token["code"],
        token["code_verifier"],
        request_body["notify"]["secret"],
    ]
    rows = [text for _, text in everything_in_the_database()]
    in_redis = list(everything_in_redis())
    assert len(secrets) == 4
    for secret in secrets:
        assert not [text[:200] for text in rows if secret in text or hexed(secret) in text]
        assert not [one[:200] for one in in_redis if secret.encode() in one]
    assert session.papers is not None


def test_the_papers_of_one_session_do_not_open_in_another(browser):
    browser.go_out()
    first = SelfInfoSession.objects.get()
    browser.go_out()
    second = SelfInfoSession.objects.latest("started_at")
    assert first.papers != second.papers
    second.papers = first.papers
    with pytest.raises(CannotUnseal):
        session_secrets.open_session_secrets(second)


def test_papers_under_a_lost_ring_end_in_words(browser, settings):
    session = browser.start_and_return()
    settings.VAULT_KEYS = "other:" + "A" * 43
    carry(session, most=1)
    assert (session.state, session.why) == ("error", "cut")


def test_the_database_refuses_an_ended_session_with_papers(browser):
    session = carry(browser.start_and_return())
    cache.clear()
    with pytest.raises(Exception, match="self_info_ends_empty"):
        SelfInfoSession.objects.filter(pk=session.pk).update(papers=b"x")
