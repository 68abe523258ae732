"""After PostgreSQL ends every connection (restart, failover) the next request reconnects."""

import json
import urllib.error
import urllib.request

import pytest
from django.db import connection

from apps.checkins.services import delivery_keys
from apps.checkins.services.question_sets import seed_questions
from apps.consent.models import Purpose
from apps.core import sql_batches
from tests import factories
from tests.checkins.tablet_client import opened, sealed
from tests.web.test_slow_clients import session_of

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
ADDRESSES = {
    "sakura": ["/", "/checkin/", "/checkin/days/", "/pages/", "/pages/3/", "/notices/"],
    "midori": ["/", "/consent/", "/pages/"],
    "officer": ["/admin/", "/admin/people/student/"],
    "": ["/", "/readyz", "/card/", "/c/", "/places/"],
}


def own_backend():
    connection.ensure_connection()
    return connection.connection.info.backend_pid


class Unmoved(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(port, path, cookie="", body=None):
    """(status, body) of one request."""
    name, _, value = cookie.partition(": ")
    headers = {name: value} if cookie else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers)
    try:
        with urllib.request.build_opener(Unmoved).open(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_no_page_is_an_error_after_the_connections_were_cut(server, cast, cut):
    seed_questions()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    for name, paths in ADDRESSES.items():
        cookie = session_of(getattr(cast, name).user) if name else ""
        for path in paths:
            before, _ = ask(server, path, cookie)
            cut(own_backend())
            after, _ = ask(server, path, cookie)
            assert (before < 500, after) == (True, before), path


def test_an_answer_delivered_after_the_cut_is_kept(server, cast, cut):
    delivery_keys.forget_cached_keys()
    seed_questions()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    items = [sealed(opened(cast.sakura), {"mood": "1", "body": ""}) for _ in range(2)]
    for item in items:
        body = json.dumps({"items": [item]}).encode()
        status, answer = ask(server, "/checkin/deliver/", body=body)
        assert (status, json.loads(answer)["items"][0]["state"]) == (200, "kept")
        cut(own_backend())


def test_a_planned_statement_is_asked_once_more(db, cut):
    ((first,),) = sql_batches.fetch_prepared("SELECT pg_backend_pid()", {})
    cut()
    ((second,),) = sql_batches.fetch_prepared("SELECT pg_backend_pid()", {})
    assert first != second


def test_inside_a_transaction_a_cut_is_an_error(db, cut):
    from django.db import OperationalError, transaction  # noqa: PLC0415

    with pytest.raises(OperationalError), transaction.atomic():
        sql_batches.fetch_prepared("SELECT 1", {})
        cut()
        sql_batches.fetch_prepared("SELECT 1", {})
    connection.close()
