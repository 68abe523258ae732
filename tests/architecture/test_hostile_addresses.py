"""Any URL, query or form value is answered: 4xx where it is invalid, never a server error.

Requests every URL of the portal, as everybody who could reach it.
"""

import re
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse

from apps.people.models import Role
from tests import factories
from tests.architecture.addresses import every_address, every_route, filled
from tests.journeys.sample_town import furnish

IN_ADDRESSES = [
    "abc", "%00", "a%00b", "9" * 40, "-1", "99999-01-01", "%ED%A0%80", "%FF", quote("あ" * 300),
    "..%2f..%2fetc", "_2F", "_00", "1' OR '1'='1",
]  # fmt: skip
A_ROUTE = 3  # of the values above, other ones for each route
IN_PARAMETERS = ("9" * 25, "99999-01-01", "%ED%A0%80", "%E2%80%AE")
OPEN_PLACES = re.compile(r"<(?:str|slug|path):\w+>|<\w+>")
STAFF = ("officer", "homeroom", "principal", "privacy")


@pytest.fixture
def town(cast, settings):
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    return furnish(cast, settings)


def share_of(values, number, n):
    """``n`` of the values for the thing of this number: in turn, so that all are used alike."""
    first = number * n
    return [values[(first + k) % len(values)] for k in range(n)]


class AddressWalker:
    """Requests as one person and remembers server errors."""

    def __init__(self, user):
        self.client = Client(raise_request_exception=False)
        if user is not None:
            factories.force_sign_in(self.client, user)
        self.broken, self.n = [], 0

    def ask(self, method, address, body=None):
        """The answer; what it changed is undone."""
        with transaction.atomic():
            how = (
                {"data": body, "content_type": "application/x-www-form-urlencoded"} if body else {}
            )
            answer = getattr(self.client, method)(address, **how)
            transaction.set_rollback(True)
        self.n += 1
        if answer.status_code >= 500:
            exc_info = getattr(answer, "exc_info", None)
            self.broken.append(
                (method, address[:120], (body or "")[:60], exc_info and repr(exc_info[1])[:120])
            )
        return answer


def person(town, name):
    if name in ("student", "guardian"):
        return getattr(town, name).user
    return getattr(getattr(town.cast, name, None), "user", None)


@pytest.mark.parametrize("name", ["", "student", "guardian", "officer"])
def test_no_address_is_an_error(name, town):
    walker = AddressWalker(person(town, name) if name else None)
    for address, _ in every_address():
        if address.startswith("/admin/") != (name in STAFF):
            continue
        walker.ask("get", address)
        walker.ask("post", address)
    routes = sorted({route for route, _ in every_route() if OPEN_PLACES.search(route)})
    for number, address in enumerate(routes):
        if address.startswith("/admin/") == (name in STAFF):
            for value in share_of(IN_ADDRESSES, number, A_ROUTE):
                walker.ask("get", filled(OPEN_PLACES.sub(value, address)))
                walker.ask("post", filled(OPEN_PLACES.sub(value, address)))
    assert walker.n > 100
    assert not walker.broken, "\n".join(map(str, walker.broken))


@pytest.mark.parametrize("where", ["/places/?q=%00", "/?%00=1", "/card/?a=b%00c"])
def test_nul_in_a_query_is_a_bad_request(where, client, db):
    answer = client.get(where)
    assert answer.status_code == 400
    assert "読めませんでした" in answer.content.decode()


def test_nul_in_a_form_is_a_bad_request(client, db):
    form = "application/x-www-form-urlencoded"
    answer = client.post("/card/", "code=a%00b", content_type=form)
    assert answer.status_code == 400


def test_nul_in_a_form_with_files_is_a_bad_request(client, db):
    assert client.post("/card/", {"code": "a\x00b"}).status_code == 400


def lists_of(desk):
    """[(URL, its query parameters)] of the admin lists this person sees."""
    found = []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        answer = desk.client.get(reverse(name))
        if answer.status_code == 200 and answer.context and "cl" in answer.context:
            filters = getattr(answer.context["cl"], "filter_specs", [])
            names = {each for spec in filters for each in spec.expected_parameters()}
            found.append((reverse(name), {"q", "p", "o", "state__exact"} | names))
    return found


@pytest.mark.parametrize("name", STAFF)
def test_nul_in_any_parameter_of_a_list_is_a_bad_request(name, town):
    desk = AddressWalker(person(town, name))
    lists = lists_of(desk)
    assert len(lists) >= 5
    for address, parameters in lists:
        for number, parameter in enumerate(sorted(parameters)):
            assert desk.ask("get", f"{address}?{parameter}=%00").status_code == 400
            for value in share_of(IN_PARAMETERS, number, 1):
                desk.ask("get", f"{address}?{parameter}={value}")
    assert not desk.broken, "\n".join(map(str, desk.broken))
