"""Every periodic task costs what is due: rows that are kept, and of which nothing is due, cost it no
statement, and no statement reads them all.
"""

import pytest
from django.db import connection, reset_queries, transaction
from django.test.utils import CaptureQueriesContext

from kaga_portal.celery import app
from tests import scale_rows
from tests.scale_faults import faults_of, growing_models

SIZES = (200, 2000)
N_PEOPLE = 3000
MARKED = ("checkins.sweep", "linkage.sweep", "cases.sweep")  # note until when they have looked
# Tasks for which rows made of one are due, and that take statements for a batch of them.
ARE_DUE = {
    "cases.send_digests": "mails whose hour it may be now",
    "consent.reconcile_all": "invented keys of students without an answer",
    "disclosure.find_unusual_looks": "looks of years ago",
    "helpdesk.forget": "questions of more than a year ago",
    "mail.forget_old": "mails that failed months ago",
    "selfinfo.delete_old_sessions": "readings that ended months ago",
}
# Tasks of which a statement reads whole tables, and why.
READS_ALL = {
    "consent.reconcile_all": "looks at every student: some decisions and keys each",
    "linkage.sweep": "a block range of the index on kept_until is as long as this table",
}


def our_tasks():
    """{name: the task} of every task of the portal."""
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def statements_of(task):
    """The statements of a run, of which nothing stays."""
    reset_queries()  # only the last nine thousand are kept
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        task.run()
        transaction.set_rollback(True)
    return [query["sql"] for query in captured.captured_queries]


@pytest.fixture
def runs(cast):
    """[{task: its statements}] over few rows that wait for nothing, and over many."""
    tasks, found = our_tasks(), []
    for name in MARKED:
        tasks[name].run()
    for n_rows in SIZES:
        scale_rows.grow(n_rows, growing_models(), n_people=N_PEOPLE)
        found.append({name: statements_of(task) for name, task in tasks.items()})
    return found


def test_kept_rows_cost_a_task_nothing(runs):
    few, many = ({name: len(taken) for name, taken in run.items()} for run in runs)
    more = {name: (few[name], many[name]) for name in few if few[name] != many[name]}
    assert {name: counts for name, counts in more.items() if name not in ARE_DUE} == {}
    faults = {name: faults_of(taken) for name, taken in runs[1].items() if name not in READS_ALL}
    assert {name: found for name, found in faults.items() if found} == {}
