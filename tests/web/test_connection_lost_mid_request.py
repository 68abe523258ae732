"""A database connection lost during a request: the page is retried, or the user is asked to."""

import uuid

import pytest
from django.db import connection
from django.test import Client

from apps.helpline.models import HelpRequest
from apps.helpline.services import help_requests
from apps.notices.services import inbox
from tests import factories
from tests.web.test_lost_database_connections import own_backend

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def enter(sign_in):
    """enter(user) is a Client that is shown what a browser would be."""

    def shown(user):
        client = sign_in(user, Client)
        client.raise_request_exception = False
        return client

    return shown


def cut_before(monkeypatch, module, name, cut, times):
    """The connection ends when ``module.name`` is called the first ``times`` times."""
    real, calls = getattr(module, name), []

    def cutting(*args, **kwargs):
        calls.append(name)
        if len(calls) <= times:
            own_backend()
            cut()
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, cutting)
    return calls


def test_a_page_to_read_is_made_once_more(cast, enter, cut, monkeypatch):
    client = enter(cast.sakura.user)
    calls = cut_before(monkeypatch, inbox, "inbox_items", cut, times=1)
    assert client.get("/notices/").status_code == 200
    assert len(calls) == 2


def test_a_page_that_loses_two_connections_says_that_it_is_away(cast, enter, cut, monkeypatch):
    client = enter(cast.sakura.user)
    calls = cut_before(monkeypatch, inbox, "inbox_items", cut, times=9)
    answer = client.get("/notices/")
    assert (answer.status_code, len(calls)) == (503, 2)
    assert "もう一度" in answer.text


def test_a_form_is_not_sent_twice_by_us_and_is_kept_once_when_pressed_again(
    cast, enter, cut, monkeypatch
):
    factories.duty_roster(cast)
    client = enter(cast.sakura.user)
    calls = cut_before(monkeypatch, help_requests, "send_help_request", cut, times=1)
    sent = {"wanted": "nurse", "words": "", "form_key": str(uuid.uuid4())}
    answer = client.post("/pages/2/", sent)
    assert (answer.status_code, answer.headers["Retry-After"], len(calls)) == (503, "5", 1)
    assert not HelpRequest.objects.exists()
    assert client.post("/pages/2/", sent).status_code == 302
    assert HelpRequest.objects.count() == 1


def test_another_failure_stays_an_error(cast, enter, monkeypatch):
    def failing(*_, **__):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    client = enter(cast.sakura.user)
    monkeypatch.setattr(inbox, "inbox_items", failing)
    assert client.get("/notices/").status_code == 500
