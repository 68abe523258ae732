"""The pages that are measured, each as the person who opens it, through every middleware."""

import re
import uuid

from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from apps.audit.models import Action
from apps.people.admin_bases.private_search import SEARCH_FIELD
from bench.year.measure import Probe
from tests import factories

MORE = re.compile(
    r'href="(\?[^"]*)"[^>]*\brel="(next|last)"|\brel="(next|last)"[^>]*href="(\?[^"]*)"'
)
NUMBERED = re.compile(r'href="\?(?:[^"]*&amp;)?p=(\d+)')
PAGES_BACK = 20  # of a list without a way to its end


class Browsers:
    """A signed-in Client of each person; sessions are made once and known in every copy."""

    def __init__(self, cast):
        self.cast = cast
        self.student = factories.with_recent_pin(_signed_in(cast.student.user))
        self.guardian = _signed_in(cast.guardian.user)
        for role in ("homeroom", "nurse", "counsellor", "principal", "desk", "privacy"):
            setattr(self, role, _signed_in(getattr(cast, role).user))


def _signed_in(user):
    client = Client(HTTP_HOST="localhost")
    factories.force_sign_in(client, user)
    return client


def get(client, address):
    """The page at an address; anything but a page is an error."""
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")
    return answer.content.decode()


def family_pages(browsers):
    """Probes of the pages of a student and a guardian."""
    cast, student, guardian = browsers.cast, browsers.student, browsers.guardian
    pk = cast.student.pk
    data, file = reverse("disclosure:personal_data", args=[pk]), "disclosure:personal_data_file"
    looked, consent = "disclosure:access_log", "consent:overview"
    yield _page("student_home", student, reverse("portal:home"))
    yield _page("checkin_form", student, reverse("checkins:today"))
    yield Probe("submit", lambda: _submit(browsers))
    yield _page("own_days", student, reverse("checkins:days"))
    yield _page("my_data_student", student, data)
    yield _page("my_data_guardian", guardian, data)
    yield Probe("my_data_file", lambda: _take(student, reverse(file, args=[pk])), _forget_limits)
    yield _page("inbox", student, reverse("notices:inbox"))
    yield _page("who_looked", guardian, reverse(looked, args=[pk]))
    yield _page("guardian_home", guardian, reverse("portal:home"))
    yield _page("consent_page", guardian, reverse(consent, args=[pk]))


def staff_pages(browsers):
    """Probes of きょう and of the lists."""
    for role in ("homeroom", "nurse", "desk", "privacy", "principal", "counsellor"):
        name = "city" if role == "desk" else role
        yield _page(f"today_{name}", getattr(browsers, role), reverse("admin:index"))
    checkins, audit = "admin:checkins_checkin_changelist", "admin:audit_auditevent_changelist"
    yield _page("class_day", browsers.homeroom, reverse("admin:checkins_day"))
    yield _page("checkin_list_nurse", browsers.nurse, reverse(checkins))
    yield _page("checkin_list_homeroom", browsers.homeroom, reverse(checkins))
    yield _page("audit_first", browsers.privacy, reverse(audit))
    for name, action in (("frequent", Action.SEALED_OPENED), ("rare", Action.CONSENT_DECIDED)):
        address = f"{reverse(audit)}?action={action.value}"
        yield _page(f"audit_by_{name}_action", browsers.privacy, address)
    yield Probe("audit_by_person", lambda: _search(browsers, reverse(audit)))
    last = _LastPage(browsers.privacy, reverse(audit))
    yield Probe("audit_oldest", last.open, last.find)
    yield _page("sources", browsers.desk, reverse("admin:linkage_datasource_changelist"))
    yield _page("reports", browsers.desk, reverse("admin:reports"))
    yield _page("student_list", browsers.desk, reverse("admin:people_student_changelist"))


def _page(name, client, address):
    return Probe(name, lambda: get(client, address))


def _submit(browsers):
    form = {
        "client_key": str(uuid.uuid4()), "question_set": str(browsers.cast.question_set.pk),
        "mood": "2", "talk": "0",
    }  # fmt: skip
    answer = browsers.student.post(reverse("checkins:today"), form)
    if answer.status_code != 302:
        raise RuntimeError(f"the answers: {answer.status_code}")


def _take(client, address):
    answer = client.post(address)
    if answer.status_code != 200 or not answer.content:
        raise RuntimeError(f"the file: {answer.status_code}")


def _forget_limits():
    """The file may be taken a few times a day."""
    client = cache._cache.get_client(write=True)
    if names := list(client.scan_iter(f"{cache.key_prefix}:*limit:*", count=1000)):
        client.delete(*names)


def _search(browsers, address):
    words = {SEARCH_FIELD: str(browsers.cast.student.pk)}
    answer = browsers.privacy.post(address, words)
    if answer.status_code != 302:
        raise RuntimeError(f"the search: {answer.status_code}")
    get(browsers.privacy, answer.headers["Location"])


class _LastPage:
    """The oldest page that a list's own links lead to."""

    def __init__(self, client, address):
        self._client, self._address, self._found = client, address, {}

    def find(self):
        """Look for it once in each database."""
        if cache.key_prefix not in self._found:
            self._found[cache.key_prefix] = self._follow()

    def open(self):
        get(self._client, self._found[cache.key_prefix])

    def _follow(self):
        at = self._address
        for _ in range(PAGES_BACK):
            page = get(self._client, at)
            links = {a or b: c or d for c, a, b, d in MORE.findall(page)}
            numbers = [int(n) for n in NUMBERED.findall(page)]
            if "last" in links or not (links or numbers):
                return self._at(links["last"]) if "last" in links else at
            if not links:
                return f"{self._address}?p={max(numbers)}"
            at = self._at(links["next"])
        return at

    def _at(self, query):
        return self._address + query.replace("&amp;", "&")
