"""Any value in an admin form is reported to the user, without server error or partial writes."""

import re
from urllib.parse import urlencode
from zlib import crc32

import pytest
from django.apps import apps
from django.db import connection, transaction
from psycopg import sql

from tests.architecture.test_hostile_addresses import (  # noqa: F401 - the plant
    STAFF,
    AddressWalker,
    person,
    share_of,
    town,
)
from tests.architecture.test_page_view_audit import _pages
from tests.browser import _Forms

HOSTILE = {
    "NUL": "a\x00b", "a lone surrogate": "\ud800", "a far year": "99999-01-01",
    "a million digits": "9" * 1_000_000, "a wrong id": "00000000-0000-4000-8000-00000000dead",
    "turned around": "\u202e\u2066名前\u2069", "a minus": "-1", "nothing": "",
}  # fmt: skip
SHARES = 4  # of the pages, so that they are walked beside each other
ROW_NUMBER = re.compile(r"-\d+-")  # one row of an inline form speaks for all
A_FORM = 3  # of the values above, other ones for each form
ALONE = (
    "9" * 25,
    "9" * 5000,
    "99999-01-01",
    "00000000-0000-4000-8000-00000000dead",
    "\u202e\u2066",
)
WRITTEN_WHEN_SHOWN = {"audit_auditevent"}  # that a page named somebody
OURS = sorted(
    {model._meta.db_table for model in apps.get_models() if model.__module__.startswith("apps.")}
    - WRITTEN_WHEN_SHOWN
)
KEPT = {"csrfmiddlewaretoken", "opened_as", "seen", "form_key"}  # what proves a page was opened


def forms_of(desk, cast, share):
    """[(name, address, {field: [values]})] of the forms on this share of the staff pages, as far
    as this person may open them.
    """
    found = []
    for name, addresses in _pages(cast):
        if "logout" in name or crc32(name.encode()) % SHARES != share:
            continue
        for address in addresses:
            with transaction.atomic():
                answer = desk.client.get(address)
                transaction.set_rollback(True)
            if answer.status_code == 200 and "html" in answer.headers["Content-Type"]:
                reader = _Forms()
                reader.feed(answer.content.decode())
                found += [(name, address, form) for form in reader.forms if set(form) - KEPT]
                break
    return found


def n_rows():
    """{table: rows} of ours, in one statement; but for the record of refusals."""
    ours = [table for table in OURS if table != "audit_securityevent"]
    names = [sql.Identifier(table) for table in ours]
    each = [sql.SQL("(SELECT count(*) FROM {})").format(name) for name in names]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join(each)))
        return dict(zip(ours, cursor.fetchone(), strict=True))


class Sender(AddressWalker):
    """Posts bodies and remembers refusals that left changes."""

    def __init__(self, user):
        super().__init__(user)
        self.half_written, self.before = [], n_rows()

    def send(self, address, form, what):
        pairs = [(name, value) for name, values in form.items() for value in values]
        body = urlencode(pairs, errors="surrogatepass")
        with transaction.atomic():
            answer = self.client.post(
                address, body, content_type="application/x-www-form-urlencoded"
            )
            after = n_rows() if answer.status_code in range(303, 500) else self.before
            transaction.set_rollback(True)
        self.n += 1
        if answer.status_code >= 500:
            exc_info = getattr(answer, "exc_info", None)
            self.broken.append((address[:120], what[:60], exc_info and repr(exc_info[1])[:160]))
        if after != self.before:
            changed = {t: n for t, n in after.items() if n != self.before[t]}
            self.half_written.append((address[:120], what[:60], answer.status_code, changed))


@pytest.mark.parametrize("share", range(SHARES))
def test_no_field_of_a_staff_form_is_an_error(share, town):  # noqa: F811
    seen = set()  # by whoever may: the same form of another person is the same code
    for name in STAFF:
        _send_all(Sender(person(town, name)), town.cast, share, seen)
    assert len(seen) > 5


def _send_all(desk, cast, share, seen):
    for view, address, form in forms_of(desk, cast, share):
        fields = list({ROW_NUMBER.sub("-", f): f for f in sorted(set(form) - KEPT)}.values())
        if (view, *fields) in seen:
            continue
        seen.add((view, *fields))
        for what, value in share_of(list(HOSTILE.items()), len(seen), A_FORM):
            first = (
                {fields[0]: [value]}
                if what == "a million digits"
                else dict.fromkeys(fields, [value])
            )
            desk.send(address, form | first, what)
        for number, field in enumerate(fields):
            desk.send(address, form | {field: [ALONE[number % len(ALONE)]]}, field)
    assert not desk.broken, "\n".join(map(str, desk.broken))
    assert not desk.half_written, "\n".join(map(str, desk.half_written))
