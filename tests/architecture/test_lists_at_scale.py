"""Every list and page of staff costs the same after years of use.

Walks every list of the admin as the roles that may see it, each choice of its filters, and every
other staff page without a row in its address, over tables with thousands of rows that the planner
holds for hundreds of thousands. Each state of a filter is that of one old row at least. Looks at
the plan of each statement as it was carried out: no scan of a table that grows with use, no sort of
more than a page, no more rows read than a page of them from among all schools.
"""

import uuid

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.checkins.models import CheckIn
from apps.helpline.models import ProtectionRoute
from apps.helpline.services import routes
from apps.people.models import Role
from tests import factories, scale_rows
from tests.scale_faults import PAGE, faults_of, growing_models, lists_of, staff_lists, statements_of
from tests.scale_rare import make_rare
from tests.staff_pages import everybody, page_urls

N_ROWS = 3000
FEW = 20  # a page with fewer rows shows a state that is rare
MOST_READ_FOR_FEW = 5 * PAGE
# Who walks together over the same rows: the first walks the lists too.
GROUPS = (
    ("homeroom", "year_head", "teacher", "office"),
    ("principal", "nurse"),
    ("officer", "counsellor", "social_worker"),
    ("privacy", "helpdesk", "family_centre"),
)
ROLES = tuple(first for first, *_ in GROUPS)
MOST_CHOICES = 12
# Of the filters with more choices, those that are walked.
MANY_CHOICES = {"audit.AuditEvent": ["?action=key.made", "?action=names.shown"]}
A_DECISION = "some rows a student and year of answers, none by a day of use"
# Filters that read all rows in their order where few are of that state, and why.
READS_ALL = {
    "audit_auditevent/?audience": "an index costs a tenth of an event and serves the officer alone",
    "audit_securityevent/?person_kind": "deleted after its retention; the kind has an index",
    "checkins_checkin/?days=all": "rows without a key are deleted soon; here few have one",
    "consent_consentdecision/": A_DECISION,
    "consent_consentreceipt/": A_DECISION,
    "consent_deletioncertificate/": A_DECISION,
    "consent_paperform/?state__exact=confirmed": "half of all are",
    "consent_telephoneanswer/?state__exact=confirmed": "most of all are",
    "disclosure_correctionrequest/?state__exact=answered": "all but those that wait are",
    "helpline_familyrequest/?state=": "rows of guardians who are none any more are passed over: here nearly all",
    "people_keptoutperson/?ended_at": "some tens of people in a city, few of them let in again",
    "people_staffconflict/?ended_at": "some tens of children in a city",
    "people_emergencyaccess/?verdict": "some tens a year",
    "people_emergencyaccess/?reviewed_at__isempty=0": "nearly all are",
}
# Pages that read more, and why.
READ_MORE = {
    "/admin/staffing/staffinvitation/confirmers/": "one month of who confirmed with whom: a guardian is confirmed once",
}
# Pages nobody opens by GET, and why.
NOT_OPENED = {
    "notices_supportorganisation_process_import": "takes a POST alone",
    "registration_slips_confirm": "takes a POST alone",
}


@pytest.fixture
def town(cast):
    """The cast, with everybody who may see a list."""
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当")
    protector = factories.staff_post(Role.FAMILY_CENTRE, of=cast.city, name="子どもを守る担当")
    school = factories.school(cast.city, "C117220600099", "もうひとつの中学校(架空)")
    elsewhere = factories.staff_post(Role.COUNSELLOR, school, name="ほかの学校の人")
    route = ProtectionRoute(
        municipality=cast.city, first=protector.user, second=elsewhere.user,
        last=cast.officer.user, why="first",
    )  # fmt: skip
    route = routes.propose_route(route, by=cast.officer.user)
    routes.confirm_route(route, by=cast.privacy.user)
    return cast


def list_url(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def pages_of(client, url):
    """[(URL, its statements)]: a list's first page, the next, and back again."""
    found = []
    for name in ("next_url", "previous_url", ""):
        page, statements = statements_of(client, url)
        assert page.status_code == 200, (url, page.status_code)
        found.append((url, statements, page))
        turned = name and page.context.get("cl") and getattr(page.context["cl"], name)
        if not turned:
            break
        url = url.partition("?")[0] + turned
    return found


def filtered(model, url, page):
    """The URLs of the list with each choice of each filter."""
    cl = page.context.get("cl")
    found = [url + each for each in MANY_CHOICES.get(model._meta.label, [])]
    for spec in cl.filter_specs if cl else ():
        choices = [each["query_string"] for each in spec.choices(cl)]
        found += [url + each for each in choices if len(choices) <= MOST_CHOICES]
    return dict.fromkeys(found)


def faults_of_lists(client, user, seen):
    """{URL: its faults} of every list this person sees, and of each choice of its filters."""
    faults = {}
    for model in lists_of(user):
        pages = pages_of(client, list_url(model))
        for url, statements, _ in pages:
            faults[url] = faults_of(statements, seen)
        for url in filtered(model, list_url(model), pages[0][2]):
            page, statements = statements_of(client, url)
            n_shown = len(page.context["cl"].result_list)
            most = {"most_read": MOST_READ_FOR_FEW} if n_shown < FEW else {}
            if not is_known(url):
                faults[url] = faults_of(statements, seen, **most)
    return faults


def is_known(url):
    """Whether READS_ALL names this filter."""
    name = url.removeprefix("/admin/").replace("/", "_", 1)
    return any(name.startswith(each) and "?" in name for each in READS_ALL)


def faults_of_pages(client, user, seen):
    """{URL: its faults} of every other page this person may open."""
    faults = {}
    for url in page_urls(user).values():
        page, statements = statements_of(client, url)
        assert page.status_code < 500, (url, page.status_code)
        if page.status_code == 200 and url not in READ_MORE:
            faults[url] = faults_of(statements, seen)
    return faults


@pytest.mark.parametrize("group", GROUPS, ids=ROLES)
def test_a_page_reads_a_page_and_no_more(cast, sign_in, group):
    posts = everybody(cast)
    scale_rows.grow(N_ROWS, growing_models())
    make_rare(cast.city)
    faults, seen = {}, set()
    for role in group:
        client = sign_in(posts[role].user)
        if role in ROLES:
            faults |= faults_of_lists(client, posts[role].user, seen)
        for url, found in faults_of_pages(client, posts[role].user, seen).items():
            faults[role, url] = found
    assert {url: found for url, found in faults.items() if found} == {}


def test_every_page_is_walked(cast, sign_in):
    posts, left = everybody(cast), {}
    for post in posts.values():
        left |= page_urls(post.user)
    for role in sorted(posts, key=lambda role: role not in ROLES):
        client, known = sign_in(posts[role].user), page_urls(posts[role].user)
        for name in set(left) & set(known):
            if client.get(left[name]).status_code == 200:
                del left[name]
    assert set(left) == set(NOT_OPENED)


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
