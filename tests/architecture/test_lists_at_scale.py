"""Every list of staff costs the same after years of use.

Walks every list of the admin as the roles that may see it, over tables with thousands of rows that
the planner holds for hundreds of thousands, and looks at the plan of each statement as it was
carried out: no scan of a table that grows with use, no sort of more than a page, no more rows read
than a page of them from among all schools.
"""

import uuid

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Count
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.checkins.models import CheckIn
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import Role
from tests import factories, scale_rows

N_ROWS = 3000
PAGE = 101  # the rows of a page, and one more that says whether there is another
MOST_SORTED, MOST_READ = 2 * PAGE, 20 * PAGE
MOST_PEOPLE_SORTED = 1000  # people of one school by name; a whole city's are read in their order
ROLES = ("homeroom", "principal", "officer", "privacy")
PEOPLE_TABLES = {model._meta.db_table for model in scale_rows.PEOPLE}
# Tables that lists read beside their own rows.
BESIDE = (
    "consent.DeletionCount", "linkage.LinkedRecord", "linkage.SourceFile", "linkage.SyncIssue",
    "notices.NoticeReceipt", "registration.PrintedCode",
)  # fmt: skip
# Tables of which a list may read more, and why.
SMALL = {
    "linkage_sourcefile": "one row a file and day; a source's files are summed",
    "people_pendingact": "some hundred a year, of which a role sees its own kinds",
    "staffing_staffinvitation": "some hundred a year",
}
# Filters that are walked too.
FILTERED = {
    "audit.AuditEvent": ["?action=key.made", "?action=names.shown", "?audience=open"],
    "checkins.CheckIn": ["?days=1", "?days=28", "?days=all"],
    "helpline.HelpRequest": ["?state=answered", "?state=all"],
}


def staff_lists():
    """{model: its admin} of every list of staff."""
    return {
        model: each for model, each in admin.site._registry.items() if isinstance(each, StaffAdmin)
    }


def growing_models():
    """The models of all lists but the small ones, and what the lists read beside them."""
    of_lists = {model for model, each in staff_lists().items() if not each.is_small}
    return (of_lists | {apps.get_model(label) for label in BESIDE}) - set(scale_rows.PEOPLE)


GROWING_TABLES = {model._meta.db_table for model in growing_models()}


@pytest.fixture
def town(cast):
    """The cast, with everybody who may see a list."""
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    return cast


def list_url(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def lists_of(user):
    """The models whose list this person may see."""
    request = RequestFactory().get("/")
    request.user = user
    return [model for model, each in staff_lists().items() if each.has_view_permission(request)]


def statements_of(client, url):
    """(the page, the statements it took)."""
    with CaptureQueriesContext(connection) as captured:
        page = client.get(url, follow=True)  # some lists have a page of their own
    assert page.status_code == 200, (url, page.status_code)
    return page, [query["sql"] for query in captured.captured_queries]


def faults_of(statements):
    """What these statements do that costs more with every year."""
    found = []
    for sql, nodes in scale_rows.plans_of(statements):
        for node in nodes:
            if fault := _fault(node):
                found.append(f"{fault}: {sql[:2000]}")
    return found


def _fault(node):
    table, read = node.get("Relation Name"), scale_rows.rows_of(node)
    if node["Node Type"] == "Sort":
        return _fault_of_sort(node["Plans"][0])
    if table not in GROWING_TABLES or table in SMALL:
        return ""
    if node["Node Type"].endswith("Seq Scan"):
        return f"scans {table}"
    return f"reads {read:.0f} rows of {table}" if read > MOST_READ else ""


def _fault_of_sort(below):
    n_sorted = below["Actual Rows"] * below["Actual Loops"]
    tables = {node.get("Relation Name") for node in scale_rows.nodes_of(below)} - {None}
    most = MOST_PEOPLE_SORTED if tables <= PEOPLE_TABLES else MOST_SORTED
    if tables <= set(SMALL):
        return ""
    return f"sorts {n_sorted:.0f} rows of {', '.join(sorted(tables))}" if n_sorted > most else ""


def pages_of(client, url, filters):
    """[(URL, its statements)]: a list's first page, the next, back again; and those filtered."""
    found = []
    for name in ("next_url", "previous_url", ""):
        page, statements = statements_of(client, url)
        found.append((url, statements))
        turned = name and page.context.get("cl") and getattr(page.context["cl"], name)
        if not turned:
            break
        url = url.partition("?")[0] + turned
    return found + [(each, statements_of(client, each)[1]) for each in _with(url, filters)]


def _with(url, filters):
    return [url.partition("?")[0] + each for each in filters]


@pytest.mark.parametrize("who", ROLES)
def test_a_list_reads_a_page_and_no_more(town, sign_in, who):
    scale_rows.grow(N_ROWS, growing_models())
    user = getattr(town, who).user
    client = sign_in(user)
    faults = {}
    for model in lists_of(user):
        filters = FILTERED.get(model._meta.label, [])
        for url, statements in pages_of(client, list_url(model), filters):
            if found := faults_of(statements):
                faults[url] = found
    assert faults == {}


def test_every_list_is_walked(town):
    walked = {model for who in ROLES for model in lists_of(getattr(town, who).user)}
    assert set(staff_lists()) - walked == set()


@pytest.mark.parametrize("who", ["homeroom", "officer", "privacy"])
def test_more_rows_take_no_more_statements(town, sign_in, who):
    user = getattr(town, who).user
    client = sign_in(user)
    taken = []
    for n_rows in (150, 600):
        scale_rows.grow(n_rows, growing_models())
        urls = [list_url(model) for model in lists_of(user)]
        for url in urls:
            client.get(url)  # what is read once is kept
        taken.append({url: len(statements_of(client, url)[1]) for url in urls})
    assert taken[0] == taken[1]


@pytest.mark.parametrize(
    ("fault", "rows"),
    [
        ("sorts", lambda rows: rows.order_by("received_at")[:PAGE]),
        ("scans", lambda rows: rows.filter(client_key=uuid.uuid4())),
        ("reads", lambda rows: rows.order_by("pk")[2500:2600]),
        ("scans", lambda rows: rows.aggregate(n=Count("pk"))),
    ],
)
def test_a_list_that_costs_more_every_year_is_found(town, fault, rows):
    scale_rows.grow(N_ROWS, [CheckIn])
    with CaptureQueriesContext(connection) as captured:
        list(rows(CheckIn.objects.all()))
    found = faults_of([query["sql"] for query in captured.captured_queries])
    assert any(each.startswith(fault) for each in found)
