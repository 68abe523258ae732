"""Ids and names of another school or municipality, in every address and field, show and write nothing.

The rows that are asked for are those of ``planted``; the people who ask work elsewhere.
"""

import uuid
from dataclasses import dataclass
from types import SimpleNamespace
from zlib import crc32

import pytest
from django.contrib import admin
from django.db import connection, transaction
from psycopg import sql

from apps.core.clock import today
from apps.core.edit_conflicts import FIELD_NAME
from apps.notices.models import SupportOrganisation
from apps.people.models import Role
from tests import factories
from tests.architecture.test_page_view_audit import (  # noqa: F401 - the plant
    ADULT,
    CHILD,
    _pages,
    _posts,
    case,
    planted,
    watched,
)
from tests.browser import Browser, _Forms

TOUCHED = """
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
"""
# Written by a request whatever it asks for: sessions, limits, keys of forms, records of refusals.
OF_REQUESTS = {
    "audit_auditevent", "audit_securityevent", "core_usedformkey", "django_session", "people_user",
}  # fmt: skip
KEPT = {"csrfmiddlewaretoken", "opened_as", "seen", "form_key", "what"}
TYPED = {  # what a form wants besides, so that it fails for the one field alone
    "reason": "理由を 文で 書きます。", "why": "理由を 文で 書きます。", "title": "題", "name": "名前",
    "body": "本文です。", "words": "言葉です。", "worry": "気になることです。", "text": "言葉です。",
    "mail": "someone@example.com", "begins_on": "2030-01-10", "ends_on": "2030-01-11",
    "begins": "21:00", "ends": "06:00", "number": "1", "tie": "child", "answers_as": "nurse",
    "opens_at": "09:00", "closes_at": "10:00", "happened_on": str(today()), "kind": "",
    "visited_on": str(today()), "done": "しました", "checked_on": str(today()), "phone": "0761-00-0000",
    "hours": "平日", "place": "own", "every_minutes": "60", "late_after_hours": "72",
    "second_after": "10", "last_after": "20", "all_after": "30", "user_name": "portal",
}  # fmt: skip
OF_PLACE = ("municipality", "school", "student")  # columns of a row that say of which place it is
MANY = {"person", "schools", "organisations", "pick", "people", "present"}


@dataclass
class NamesOfPlace:
    """What a form may name of one place: {name of a field: an id or a name}."""

    names: dict

    @property
    def ids(self):
        return {str(value) for value in self.names.values()}


def place_of(school, school_class, student, guardian, post, organisation):
    """The names of a place, as forms call them."""
    account = str(post.user_id)
    return NamesOfPlace({
        "municipality": school.municipality_id, "school": school.pk, "schools": school.pk,
        "school_class": school_class.pk, "student": student.pk, "person": student.pk,
        "guardian": guardian.pk, "guardianship": student.guardianships.first().pk,
        "first": account, "second": account, "last": account, "people-0-person": account,
        "post": post.pk, "assignee": post.pk, "holder": post.pk, "people": post.pk,
        "present": post.pk, "successor": account, "organisations": organisation.pk,
        "organisation": organisation.pk, "city": school.municipality.code,
        "secret_name": f"SOURCE_SECRET_{school.municipality.code}_LRS",
        "place": f"../{school.municipality.code}/towa",
    })  # fmt: skip


def _organisation(of):
    return SupportOrganisation.objects.create(
        municipality=of,
        name=f"窓口 {of.code}",
        state="published",
        verified_on=today(),
        source_url="https://example.jp",
    )


def _world(school, title):
    """A class, a student and a guardian of a school, with plain names."""
    of_class = factories.school_class(school, title, "J1")
    student = factories.student(of_class, "こども", family="よそ", number=1)
    guardian = factories.guardian(student, "おとな", f"{uuid.uuid4().hex[:8]}@example.com")
    return of_class, student, guardian


@pytest.fixture
def elsewhere(planted):  # noqa: F811
    """[(who, their user, their own place, their own class and student)] of those who work elsewhere."""
    c, found = planted, []
    other = factories.school(c.city, "C117220600025", "ほかの中学校(架空)")
    of_class, student, guardian = _world(other, "1年9組")
    of_city = _organisation(c.city)
    posts = {
        "principal": factories.staff_post(Role.PRINCIPAL, other, name="ほかの校長"),
        "homeroom": factories.staff_post(Role.HOMEROOM, other, in_class=of_class, name="ほか"),
    }
    for who, post in posts.items():
        own = place_of(other, of_class, student, guardian, post, of_city)
        found.append((who, post.user, own, SimpleNamespace(class_1=of_class, sakura=student)))
    of_class, student, guardian = _world(c.away_school, "1年8組")
    post = factories.staff_post(Role.CITY, of=c.away, name="となりの市")
    own = place_of(c.away_school, of_class, student, guardian, c.away_nurse, _organisation(c.away))
    found.append(("officer", post.user, own, SimpleNamespace(class_1=of_class, sakura=student)))
    theirs = place_of(c.school, c.class_1, c.sakura, c.midori, c.nurse, of_city)
    return SimpleNamespace(people=found, theirs=theirs, planted=c)


class OutsideClient:
    """Asks as one person; everything is undone, and what a request wrote is remembered."""

    def __init__(self, client):
        self.client = client
        client.raise_request_exception = False
        self.known, self.opened = {}, _opened(None)

    def ask(self, method, url, data=None, ids=()):
        """(status, body, tables written, {(table, id)} of rows that name one of ``ids`` now).

        A page is posted as it was opened just before.
        """
        with transaction.atomic():
            start = _touched() if method == "post" else {}
            answer = getattr(self.client, method)(url, data and {**self.opened, **data})
            self.opened = _opened(answer) if method == "get" else {}
            body = b"".join(answer) if answer.streaming else answer.content
            now = _touched() if method == "post" else {}
            written = {table for table in now if now[table] != start.get(table)}
            named = self._named(written, ids)
            transaction.set_rollback(True)
        more = {key for key in named if self._count(*key) < named[key]}
        return answer.status_code, body, written - OF_REQUESTS, more

    def _named(self, tables, ids):
        found = {(table, one): _naming(table, one) for table in tables - OF_REQUESTS for one in ids}
        return {key: n for key, n in found.items() if n}

    def _count(self, table, one):
        key = (table, one)
        if key not in self.known:
            self.known[key] = _naming(table, one)
        return self.known[key]


def _opened(answer):
    """What a form on a page says of the page itself."""
    context = getattr(answer, "context", None) or {}
    return {name: context.get(name, "") for name in (FIELD_NAME, "seen")}


def _touched():
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED)
        return dict(cursor.fetchall())


def _naming(table, one):
    """How many rows of a table name this id."""
    asked = sql.SQL("SELECT count(*) FROM {0} WHERE {0}::text LIKE %s")
    with connection.cursor() as cursor:
        cursor.execute(asked.format(sql.Identifier(table)), [f"%{one}%"])
        return cursor.fetchone()[0]


def test_no_address_with_an_id_of_another_place_shows_or_writes_anything(elsewhere, sign_in):
    shown, wrote, broken, n_asked = [], [], [], 0
    for number, (who, user, _own, _rows) in enumerate(elsewhere.people):
        outsider = OutsideClient(sign_in(user, Browser))
        for name, urls in _pages(elsewhere.planted):
            if crc32(name.encode()) % len(elsewhere.people) != number:
                continue  # each page is asked for by one of them
            for url in urls:
                if "?" in url:
                    continue
                asked = [("get", None)] if _has_id(url) else []  # the other test opens the rest
                for method, data in (*asked, ("post", _posts(elsewhere.planted))):
                    status, body, written, _ = outsider.ask(method, url, data)
                    n_asked += 1
                    if CHILD.encode() in body or ADULT.encode() in body:
                        shown.append((who, name, method, status))
                    if written and method == "post":
                        wrote.append((who, name, status, sorted(written)))
                    if status >= 500:
                        broken.append((who, name, method))
    assert shown == []
    assert wrote == []
    assert broken == []
    assert n_asked > 300


def _has_id(url):
    return any(len(part) == len(str(uuid.UUID(int=0))) for part in url.split("/"))


def others_rows(own):
    """The ids that ``_pages`` asks for though their rows are plainly of another place."""
    found = set()
    for model in admin.site._registry:
        row = model._base_manager.first()
        place = [(name, str(getattr(row, f"{name}_id", None) or "")) for name in OF_PLACE]
        if any(value and value != str(own.names[name]) for name, value in place):
            found.add(str(row.pk))
    return found


def forms_on(outsider, c, own, shown):
    """[(page, URL, form)] of the forms on this person's pages, one of each kind.

    Pages that show the names of the other place are added to ``shown``.
    """
    seen, others = set(), others_rows(own)
    for name, urls in _pages(c):
        for url in urls:
            if name.endswith("_history") or "?" in url or others & set(url.split("/")):
                continue
            answer = outsider.client.get(url)
            if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
                continue
            body = answer.content.decode()
            if CHILD in body or ADULT in body:
                shown.append((name, url))
            reader = _Forms()
            reader.feed(body)
            for form in reader.forms:
                key = (name, *sorted(form))
                if set(form) - KEPT and key not in seen:
                    seen.add(key)
                    yield name, url, form


def filled(form, own, field, value):
    """The form as somebody of this place would send it, with another value in one field."""
    data = {}
    for name, values in form.items():
        end = name.rpartition("-")[2]
        if name in own.names and name not in ("place", "secret_name"):
            data[name] = [str(own.names[name])]
        elif values == [""] and end in TYPED:
            data[name] = [TYPED[end]]
        else:
            data[name] = values
    return data | {field: [str(value)]}


def test_no_field_takes_an_id_or_a_name_of_another_place(elsewhere, sign_in):
    theirs, taken, shown, fields, saved = elsewhere.theirs, [], [], set(), set()
    for who, user, own, rows in elsewhere.people:
        if who == "homeroom":
            continue  # has few forms, and the lead has them too
        outsider = OutsideClient(sign_in(user, Browser))
        c = SimpleNamespace(**vars(elsewhere.planted) | vars(rows))
        for name, url, form in forms_on(outsider, c, own, shown):
            named = {each for each in form if each in theirs.names} | (
                _extra(form) & set(own.names)
            )
            named -= set() if "secret_name" in form else {"place"}  # where an organisation is
            for field in sorted(named):
                if str(theirs.names[field]) == str(own.names[field]):
                    continue  # the same city
                fields.add((name, field))
                mine = filled(form, own, field, own.names[field])
                if outsider.ask("post", url, mine)[2]:
                    saved.add((name, field))
                value = str(theirs.names[field])
                data = filled(form, own, field, value)
                status, body, written, more = outsider.ask("post", url, data, {value})
                if more:
                    taken.append((who, name, field, status, sorted(written)))
                if CHILD.encode() in body or ADULT.encode() in body:
                    shown.append((who, name, field))
    assert taken == []
    assert shown == []
    assert len(fields) > 30, fields
    assert len(saved) > 10, saved


def _extra(form):
    """Lists of boxes that are not ticked are on the page, but not in what it would send."""
    return MANY if form.keys() & {"title", "verb", "facts", "meeting"} else set()
