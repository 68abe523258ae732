"""What deletes old rows is on the schedule, and finds what is due by an index."""

import ast
import re
from collections import defaultdict

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.services import security_events
from apps.cases.services import signs
from apps.core import form_keys
from apps.file_jobs.services import jobs
from apps.helpdesk.services import question_queue
from apps.linkage.services import deletion
from apps.mail.services import failures
from apps.push.services import broadcasts
from apps.roster import tasks as roster_tasks
from apps.selfinfo.services import session_steps
from apps.signin.services import sessions
from kaga_portal.celery import app
from kaga_portal.schedule import CRONTABS, INTERVALS_S
from tests.code_files import OUR_LABELS, trees
from tests.plans import without_dead_rows

FORGETS = re.compile(
    r"^(forget_(old|over)|sweep|drop_old|purge|lapse|delete_(old|expired|ended|orphaned))(_|$)"
)


def functions():
    """{name: its nodes} of the functions at the top of every file, and the steps of every task."""
    found, tasks = defaultdict(list), []
    for path, tree in trees():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                found[node.name].append(node)
            elif path.name == "tasks.py" and isinstance(node, ast.Assign):
                tasks.append(node.value)
    return found, tasks


def names_in(node):
    """Every name that a piece of code refers to."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr


def reached_from(tasks, found):
    """The names of the functions that the tasks call, and those they call."""
    reached, waiting = set(), [name for task in tasks for name in names_in(task)]
    while waiting:
        name = waiting.pop()
        if name in found and name not in reached:
            reached.add(name)
            waiting += [other for node in found[name] for other in names_in(node)]
    return reached


def test_every_function_that_forgets_is_called_by_a_task():
    found, tasks = functions()
    forgetting = {name for name in found if FORGETS.match(name)}
    assert {"delete_old_failures", "drop_old_lists", "forget_over", "sweep_rows"} <= forgetting
    assert forgetting - reached_from(tasks, found) == set()


def test_every_task_is_on_the_schedule():
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.split(".")[0] in OUR_LABELS}
    assert ours == INTERVALS_S.keys() | CRONTABS.keys()


# (what forgets, the table, the indexes by which it finds what is due)
DUE = [
    (sessions.delete_ended, "django_session", ["django_session_expire_date"]),
    (sessions.delete_ended, "signin_usersession", ["signin_session_ends"]),
    (failures.delete_old_failures, "mail_outgoingmail", ["mail_failed"]),
    (failures.give_up_expired, "mail_outgoingmail", ["mail_waiting"]),
    (jobs.forget_over, "file_jobs_filejob", ["file_job_open", "file_job_ended", "file_job_gone"]),
    (session_steps.delete_old_sessions, "selfinfo_selfinfosession", ["self_info_ended"]),
    (broadcasts.delete_old_broadcasts, "push_broadcast", ["push_broadcast_ended"]),
    (roster_tasks.drop_old_drafts, "roster_rosterimport", ["roster_checked"]),
    (deletion.delete_expired_records, "linkage_syncrun", ["run_idle", "run_uploaded"]),
    (deletion.delete_expired_records, "linkage_linkedrecord", ["record_kept_until"]),
    (form_keys.delete_expired_keys, "core_usedformkey", ["core_usedformkey_used_at"]),
    (security_events.delete_old_security_events, "audit_securityevent", []),  # by block ranges
    (
        question_queue.forget_questions,
        "helpdesk_supportquestion",
        ["support_ended", "support_asked"],
    ),
    (signs.update_signs, "cases_sign", ["sign_open_until"]),
]


@pytest.mark.parametrize(("forget", "table", "indexes"), DUE)
def test_what_is_due_is_found_by_its_index(db, forget, table, indexes):
    forget()  # the first run of the day may read more
    without_dead_rows(table)
    with CaptureQueriesContext(connection) as queries:
        forget()
    statements = [
        query["sql"]
        for query in queries
        if table in query["sql"]
        and query["sql"].lstrip().startswith(("SELECT", "UPDATE", "DELETE"))
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plans = []
        for statement in statements:
            cursor.execute(f"EXPLAIN {statement}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    together = "\n".join(plans)
    assert f"Seq Scan on {table}" not in together
    assert [name for name in indexes if name not in together] == []
