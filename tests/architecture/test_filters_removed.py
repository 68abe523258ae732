"""With the filters of the code removed no staff page shows a row of another municipality."""

import sys

import pytest
from django.contrib import admin
from django.db.models import Q
from django.db.models.sql.where import WhereNode
from django.urls import NoReverseMatch, reverse

from apps.core import municipality_scope
from apps.people import permissions
from apps.people.models import Municipality, Role, School, SchoolClass
from tests import factories, staff_pages
from tests.browser import Browser

AWAY = "遠見台"
LISTS = ("guardian", "school", "schoolclass", "staffpost", "student", "user")
EVERY_ROW = ("students_where", "students_of_posts", "rows_where", "students_visible_to")


@pytest.fixture
def unfiltered(monkeypatch):
    """Every function that says which rows a person may see says all, in each module that has it."""
    everything = {getattr(permissions, name): (lambda *args, **kwargs: Q()) for name in EVERY_ROW}
    everything[permissions.schools_where] = lambda *args: School.objects.all()
    everything[permissions.classes_where] = lambda *args: SchoolClass.objects.all()
    for name in ("municipalities_where", "cities_where", "municipality_ids"):
        everything[getattr(permissions, name)] = lambda *args: set(
            Municipality.objects.values_list("pk", flat=True)
        )
    for module in [m for name, m in sys.modules.items() if name.startswith(("apps.", "kaga_"))]:
        for name, value in list(vars(module).items()):
            if callable(value) and getattr(value, "__hash__", None) and value in everything:
                monkeypatch.setattr(module, name, everything[value])
    for each in {type(one) for one in admin.site._registry.values()}:
        if "get_queryset" in vars(each):
            monkeypatch.setattr(each, "get_queryset", without_conditions(each.get_queryset))


def without_conditions(get_queryset):
    """Every row, with what the page reads of each: annotations and prefetched rows."""

    def get_every_row(self, request):
        rows = get_queryset(self, request)
        rows.query.where = WhereNode()
        return rows

    return get_every_row


@pytest.fixture
def away(cast):
    """What there is in the city next door; each name begins with AWAY."""
    school = factories.school(cast.away, "C113220600020", f"{AWAY}中学校")
    school_class = factories.school_class(school, f"{AWAY}1組", "J1")
    student = factories.student(school_class, f"{AWAY}子", number=1)
    guardian = factories.guardian(student, f"{AWAY}親", "next@example.com")
    post = factories.staff_post(Role.NURSE, school, name=f"{AWAY}先生")
    return [school, school_class, student, guardian, post]


def shown(browser, rows):
    """The addresses whose page names something of next door; those that fail; how many were asked."""
    user = browser.user
    names = set(staff_pages.page_urls(user).values())
    for model in admin.site._registry:
        app, name = model._meta.app_label, model._meta.model_name
        names.add(reverse(f"admin:{app}_{name}_changelist"))
    for row in rows:
        for page in ("change", "history", "delete"):
            try:
                names.add(reverse(f"admin:people_{row._meta.model_name}_{page}", args=[row.pk]))
            except NoReverseMatch:
                continue
    found, failed = set(), set()
    for address in sorted(names):
        answer = browser.get(address, follow=True)
        if answer.status_code >= 500:
            failed.add(address)
        if AWAY in answer.content.decode("utf-8", "replace"):
            found.add(address)
    return found, failed, len(names)


@pytest.mark.parametrize("role", [Role.CITY, Role.PRINCIPAL])
def test_no_page_shows_a_row_of_next_door(unfiltered, cast, away, sign_in, monkeypatch, role):
    person = cast.officer if role == Role.CITY else cast.principal
    browser = sign_in(person.user, Browser)
    browser.user, browser.raise_request_exception = person.user, False
    found, failed, n_pages = shown(browser, away)
    assert found == set()
    assert failed == set(), "a page that fails shows nothing, whoever may see what"
    assert n_pages > 100
    monkeypatch.setattr(municipality_scope, "_as_text", lambda ids: "*")
    without, _, _ = shown(browser, away)
    assert without > {reverse(f"admin:people_{name}_changelist") for name in LISTS}, (
        "the filters are removed: without row-level security the lists show it"
    )
