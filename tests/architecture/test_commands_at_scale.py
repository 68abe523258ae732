"""Every command that looks at what is kept costs the same statements over few rows and many."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command, find_commands
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.consent.models import Purpose
from tests import factories

LOOK_AT_ALL = ("replay_erasures", "rotate_vault_keys", "verify_ledger")
# The others, and why their cost does not grow with what is kept.
OTHERS = {
    "acknowledge_rollback": "writes one row",
    "begin_casework": "adds drafts of some rules and schemes",
    "copy_share_store": "reads the store, a thousand shares in one statement",
    "export_checkpoint": "reads one row",
    "first_two": "writes the first two posts of a municipality",
    "give_up_key": "asks what still hangs on one key, in a count a store",
    "grant_app_role": "grants by table",
    "import_roster": "measured by bench/roster_import.py and roster_second_city.py",
    "init_share_store": "writes a marker, or reads a snapshot of the shares once",
    "make_rare_font": "reads names by school, when a font is made anew",
    "purge_share_store": "has a server rewrite one small table",
    "replace_lti_keys": "writes one row",
    "migrate": "Django's, with a look at who is connected",
    "verify_national": "reads the few national organisations",
    "sandbox_lrs": "a sandbox", "sandbox_mynaportal": "a sandbox", "sandbox_push": "a sandbox",
}  # fmt: skip


def our_commands():
    """The names of every command of ours."""
    ours = [config for config in apps.get_app_configs() if config.name.startswith("apps.")]
    return {name for config in ours for name in find_commands(f"{config.path}/management")}


def n_statements(name):
    """How many statements a run takes, of which nothing stays."""
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        call_command(name, stdout=StringIO())
        transaction.set_rollback(True)
    return len(captured)


def test_every_command_is_named_here():
    assert our_commands() == {*LOOK_AT_ALL, *OTHERS}
    assert not {*LOOK_AT_ALL} & {*OTHERS}


@pytest.mark.parametrize("name", LOOK_AT_ALL)
def test_many_students_cost_a_command_no_more_statements(cast, settings, tmp_path, name):
    settings.KEY_SHARES_URL = f"file:{tmp_path}/shares"
    for student in (cast.sakura, cast.ren):
        factories.make_effective(student, Purpose.ATTENDANCE)
    few = n_statements(name)
    for number in range(3, 23):
        student = factories.student(cast.class_1, f"子{number}", number=number)
        factories.make_effective(student, Purpose.ATTENDANCE)
    assert n_statements(name) == few
