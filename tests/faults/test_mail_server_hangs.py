"""A hanging mail server delays no page; mails requested meanwhile arrive afterwards."""

import re
import threading
import time
import uuid

import pytest
import requests

from apps.mail.models import OutgoingMail
from tests.faults.conftest import until
from tests.web.conftest import web_process

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
N_RESETS = 4
NOT_LONG_S = 5.0  # far above what a page takes, far below a mail server's time limit


@pytest.fixture
def portal(transactional_db, tmp_path, mailbox):
    """The origin of a web server whose mail server hangs."""
    mailbox.hangs = True
    with web_process(tmp_path / "web.log", EMAIL_URL=mailbox.url) as port:
        yield f"http://127.0.0.1:{port}"


def ask_for_a_reset(portal, address):
    """(status, seconds) of one anonymous reset."""
    session, url = requests.Session(), f"{portal}/accounts/password/reset/"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', session.get(url).text)[1]
    began = time.monotonic()
    form = {"email": address, "csrfmiddlewaretoken": token}
    answer = session.post(url, form, headers={"Referer": url}, timeout=60)
    return answer.status_code, time.monotonic() - began


def test_four_resets_hold_up_nobody_and_their_mails_arrive_later(
    portal, mailbox, start_worker, cast
):
    found = []

    def one(number):
        # of no earlier run: mails to an unknown address are counted for a day, in a cache that stays
        address = f"nobody{number}-{uuid.uuid4().hex}@example.com"
        found.append(ask_for_a_reset(portal, address))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(N_RESETS)]
    for thread in threads:
        thread.start()
    slowest = 0.0
    while any(thread.is_alive() for thread in threads):
        began = time.monotonic()
        assert requests.get(f"{portal}/healthz", timeout=60).status_code == 200
        slowest = max(slowest, time.monotonic() - began)
    assert [status for status, _ in found] == [200] * N_RESETS
    assert max(slowest, *(seconds for _, seconds in found)) < NOT_LONG_S
    assert mailbox.n_callers == 0
    assert OutgoingMail.objects.waiting().count() == N_RESETS

    start_worker()  # with an empty broker
    until(lambda: mailbox.n_callers)
    mailbox.hangs = False
    until(lambda: len(mailbox.letters) == N_RESETS)
    until(lambda: not OutgoingMail.objects.exists())
