"""What is due is decided by the database's clock: a machine's own may be a day ahead."""

import ast

import pytest

from apps.consent.models import PurposePolicy
from apps.consent.services import is_effective, settle_all
from apps.people import pending_acts
from apps.people.models import ActState, Role
from apps.vault.models import SubjectKey
from tests import factories
from tests.consent.test_pending_changes import stop_asking
from tests.people.acting import the_act
from tests.test_house import CODE, ROOT

# Where a machine's own time is shown or stands in, and nothing becomes due by it.
OWN_TIME = {
    "apps/core/clock.py",
    "apps/core/templatetags/japanese.py",
    "apps/linkage/connectors/answers.py",  # how long another server asks us to wait
    "apps/portal/mydata.py",
    "apps/sandbox/lrs.py",
    "apps/sandbox/lrs_store.py",
}
ASKS_THE_MACHINE = {
    ("timezone", "now"),
    ("datetime", "now"),
    ("timezone", "localdate"),
    ("date", "today"),
}


def asks_the_machine(path):
    asked = set()
    for node in ast.walk(ast.parse(path.read_text())):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            asked.add((called.value.id, called.attr))
    return bool(asked & ASKS_THE_MACHINE)


def test_nothing_but_a_short_list_asks_the_machine_what_time_it_is():
    asking = {str(path.relative_to(ROOT)) for path in CODE if asks_the_machine(path)}
    assert {name for name in asking if name.startswith("apps/")} == OWN_TIME


@pytest.mark.parametrize("hours", [25, 24 * 30])
def test_with_a_clock_ahead_no_key_is_destroyed_before_its_day(cast, clocks_apart, hours):
    purpose = "attendance"
    for student in (cast.sakura, cast.ren):
        factories.effective(student, purpose)
    cast.policy = PurposePolicy.objects.get(municipality=cast.city, purpose=purpose)
    second = factories.post(Role.PRIVACY, of=cast.city).user
    pending_acts.confirm(stop_asking(cast), by=second)
    settle_all()
    clocks_apart(hours)
    settle_all()
    assert the_act().state == ActState.AGREED
    assert SubjectKey.objects.filter(purpose=purpose).count() == 2
    pending_acts.stop(the_act(), by=second)
    settle_all()
    assert is_effective(cast.sakura, purpose)
