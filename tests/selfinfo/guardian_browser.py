"""A guardian's visit to the stand-in and back, over real HTTP, without a browser."""

import re
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import requests
from django.urls import reverse
from django.utils import timezone

from apps.sandbox.mynaportal import STAND_IN_STATE, application
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.services import session_steps
from tests.sandbox.lrs_server import serving

ALL = ("household", "income", "allowances")
NO_MORE = ("by the roster", "by the school")  # how somebody ceases to be a guardian


@contextmanager
def stand_in(settings, **more):
    """The stand-in, listening; ``world`` is its state."""
    app = application(**{"ready_after_s": 0.05, **more})
    with serving(None, app=app) as url:
        settings.SELF_INFO_SANDBOX_URL = url.removesuffix("/xapi")
        yield app[STAND_IN_STATE]


class GuardianBrowser:
    """One guardian's browser (a Django client that is signed in) and one student."""

    def __init__(self, client, student):
        self.client, self.student = client, student

    @property
    def page(self):
        return reverse("selfinfo:begin", args=[self.student.pk])

    def go_out(self, purposes=ALL):
        """Press the button; the URL at the stand-in."""
        answer = self.client.post(self.page, {"purposes": purposes})
        assert answer.status_code == 302, answer.content.decode()
        return answer["Location"]

    def read_card(self, url, variant="single", answer="allow"):
        """What the stand-in's page does with these choices: the URL to return to."""
        page = requests.get(url, timeout=5)
        assert page.status_code == 200, page.text
        hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)
        form = {name: unescape(value) for name, value in hidden}
        form |= {"variant": variant, "answer": answer}
        where = f"{url.split('?')[0]}"
        gone = requests.post(where, data=form, allow_redirects=False, timeout=5)
        assert gone.status_code == 303, gone.text
        return gone.headers["Location"]

    def come_back(self, location):
        """Load the callback, as the browser does."""
        parts = urlsplit(location)
        return self.client.get(f"{parts.path}?{parts.query}")

    def start_and_return(self, variant="single", purposes=ALL, answer="allow"):
        """All of it; the session."""
        location = self.read_card(self.go_out(purposes), variant, answer)
        assert self.come_back(location).status_code == 302
        return SelfInfoSession.objects.latest("started_at")

    def text(self, session):
        """The text of the session's page now."""
        page = self.client.get(reverse("selfinfo:session", args=[session.pk]))
        assert page.status_code == 200
        return page.content.decode()


def end_guardianship(student, how):
    """Nobody is ``student``'s guardian any more, in one of several ways."""
    ended = {"ended_at": timezone.now()} if how == "by the roster" else {"standing": "kept_out"}
    student.guardianships.update(**ended)


def query_of(url):
    return {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}


def carry(session=None, most=12):
    """Let a worker take every step that is due or will be; the session as it stands then."""
    for _ in range(most):
        waiting = SelfInfoSession.objects.open().exclude(returned_at=None)
        waiting.update(next_at=timezone.now() - timedelta(seconds=1))
        if not session_steps.advance_sessions():
            break
    if session is not None:
        session.refresh_from_db()
    return session
