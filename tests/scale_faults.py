"""What a statement does that costs more with every year of use, read from its plan."""

import re

from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from apps.people.admin_bases.staff import StaffAdmin
from tests import scale_rows

PAGE = 101  # the rows of a page, and one more that says whether there is another
MOST_SORTED, MOST_READ = 2 * PAGE, 20 * PAGE
MOST_PEOPLE_SORTED = 1000  # people of one school by name; a whole city's are read in their order
# Tables that do not grow with use: a city has as many of these rows as it has schools, rules or
# machines. So are those of lists that say ``is_small``.
NOT_GROWING = {
    "account.EmailAddress", "account.EmailConfirmation", "admin.LogEntry", "auth.Group",
    "auth.Permission", "checkins.DeliveryKey", "checkins.Question", "checkins.QuestionChoice",
    "consent.SweepMark", "contenttypes.ContentType", "core.Heartbeat", "helpline.Drill",
    "helpline.DutyApproval", "helpline.DutyHours", "helpline.DutyPerson", "ledger.ChainLimit",
    "linkage.AgreedStudents", "linkage.FileMapping", "linkage.Freshness", "mail.MailServer",
    "mfa.Authenticator",
    "notices.HoursException", "notices.OpeningHours", "notices.PaperHandout",
    "notices.Verification", "signin.LtiKey", "socialaccount.SocialAccount", "socialaccount.SocialApp",
    "socialaccount.SocialToken", "vault.EnvironmentKey", "vault.ShareStore",
}  # fmt: skip
# Read and written by their key alone, which is a text.
BY_KEY_ALONE = {"core.UsedFormKey", "sessions.Session"}
PEOPLE_TABLES = {model._meta.db_table for model in scale_rows.PEOPLE}
# Tables of which a page may read more, and why.
SMALL = {
    "ledger_chainhead": "one a student",
    "vault_subjectkey": "some a student",
    "mail_outgoingmail": "what was sent is deleted; the list shows what could not be",
    "push_broadcast": "some a day",
    "registration_guardianlist": "some a school and year",
    "roster_rosterimport": "one a day at most",
    "selfinfo_selfinfosession": "deleted a month after its end",
    "vault_damagereport": "only what was damaged",
    "linkage_sourcefile": "one row a file and day; a source's files are summed",
    "people_pendingact": "some hundred a year, of which a role sees its own kinds",
    "staffing_staffinvitation": "some hundred a year",
}


def staff_lists():
    """{model: its admin} of every list of staff."""
    return {
        model: each for model, each in admin.site._registry.items() if isinstance(each, StaffAdmin)
    }


def growing_models():
    """All models but the small ones and the people."""
    left_out = {apps.get_model(label) for label in NOT_GROWING | BY_KEY_ALONE}
    left_out |= {model for model, each in staff_lists().items() if each.is_small}
    return set(apps.get_models()) - left_out - set(scale_rows.PEOPLE)


GROWING_TABLES = {model._meta.db_table for model in growing_models()}


def lists_of(user):
    """The models whose list this person may see."""
    request = RequestFactory().get("/")
    request.user = user
    return [model for model, each in staff_lists().items() if each.has_view_permission(request)]


VARYING = re.compile(r"'([0-9a-f-]{36}|\d{4}-\d\d-\d\d[^']*)'(::\w+)?")
LISTS = re.compile(r"\(\?(, \?)+\)")


def shape_of(sql):
    """A statement without the ids and times in it."""
    return LISTS.sub("(?)", VARYING.sub("?", sql))


def statements_of(client, url):
    """(the page, the statements it took)."""
    with CaptureQueriesContext(connection) as captured:
        page = client.get(url, follow=True)  # some lists have a page of their own
    return page, [query["sql"] for query in captured.captured_queries]


def faults_of(statements, seen=None, most_read=MOST_READ):
    """What these statements do that costs more with every year.

    Those of a shape in ``seen`` (a set) have been looked at; the others are added.
    """
    seen, found = set() if seen is None else seen, []
    new = {shape_of(sql): sql for sql in statements if shape_of(sql) not in seen}
    seen |= set(new)
    for sql, nodes in scale_rows.plans_of(new.values()):
        for node in nodes:
            if fault := _fault(node, most_read):
                found.append(f"{fault}: {sql[:2000]}")
    return found


def _fault(node, most_read):
    table, read = node.get("Relation Name"), scale_rows.rows_of(node)
    if node["Node Type"] == "Sort":
        return _fault_of_sort(node["Plans"][0])
    if table not in GROWING_TABLES or table in SMALL:
        return ""
    if node["Node Type"].endswith("Seq Scan"):
        return f"scans {table}"
    return f"reads {read:.0f} rows of {table}" if read > most_read else ""


def _fault_of_sort(below):
    n_sorted = below["Actual Rows"] * below["Actual Loops"]
    tables = {node.get("Relation Name") for node in scale_rows.nodes_of(below)} - {None}
    most = MOST_PEOPLE_SORTED if tables <= PEOPLE_TABLES else MOST_SORTED
    if tables <= set(SMALL):
        return ""
    return f"sorts {n_sorted:.0f} rows of {', '.join(sorted(tables))}" if n_sorted > most else ""
