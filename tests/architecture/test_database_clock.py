"""Due times are decided by the database's clock: a machine's own clock may be wrong."""

import ast
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models

from apps.audit.models import AuditEvent
from apps.consent.models import PurposePolicy
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.core import clock
from apps.people.models import ActState, Role
from apps.people.services import pending_acts
from apps.vault.models import SubjectKey
from tests import factories
from tests.code_files import CODE, OUR_LABELS, ROOT
from tests.consent.test_policy_changes import stop_asking
from tests.people.act_scenarios import the_act

# Uses of the machine's own clock that decide nothing.
OWN_TIME = {
    "apps/core/clock.py",
    "apps/core/templatetags/japanese.py",
    "apps/core/retry_after.py",  # how long another server asks us to wait
    "apps/push/webpush.py",  # a token lasts hours longer than it is used
    "apps/signin/account_pages.py",  # compared with what allauth stamps
    "apps/signin/oidc/tokens.py",  # as PyJWT does for the end of the same token
    "apps/sandbox/lrs.py",
    "apps/sandbox/lrs_store.py",
    "apps/sandbox/push_service.py",
}
ASKS_THE_MACHINE = {
    ("timezone", "now"),
    ("datetime", "now"),
    ("timezone", "localdate"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "gmtime"),
    ("time", "localtime"),
}
# Fields of others, which nothing here is decided by: when an account was made.
STAMPED_BY_DJANGO = {"people.User.date_joined"}
FROM_MODULES = {"time", "datetime", "django.utils.timezone"}


def asks_the_machine(text):
    """Whether code reads the machine's clock, under whatever name it imported it."""
    tree, names = ast.parse(text), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            names |= {each.asname or each.name: (module, each.name) for each in node.names}
    found = set()
    for node in ast.walk(tree):  # also where it is handed over and called by another
        if isinstance(node, ast.Attribute):
            owner = node.value
            own = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            found.add((names.get(own, ("", own))[1], node.attr))
        elif isinstance(node, ast.Name) and names.get(node.id, ("", ""))[0] in FROM_MODULES:
            module, name = names[node.id]
            found.add((module.rpartition(".")[2], name))
    return bool(found & ASKS_THE_MACHINE)


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.time()",
        "import time as t\nt.time()",
        "from time import time\ntime()",
        "from time import time as seconds\nseconds()",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import datetime\ndatetime.utcnow()",
        "from django.utils import timezone\nmade = dict(initial=timezone.now)",
        "from django.utils import timezone\nat = models.DateTimeField(default=timezone.now)",
        "from django.utils.timezone import now\nnow()",
    ],
)
def test_every_way_of_asking_the_machine_is_found(text):
    assert asks_the_machine(text)


@pytest.mark.parametrize(
    "text",
    ["import time\ntime.monotonic()", "from datetime import time\ntime(9)", "value.time()",
     "from apps.core import clock\nclock.now()"],
)  # fmt: skip
def test_other_times_are_free(text):
    assert not asks_the_machine(text)


def test_nothing_but_a_short_list_asks_the_machine_what_time_it_is():
    asking = {str(path.relative_to(ROOT)) for path in CODE if asks_the_machine(path.read_text())}
    assert {name for name in asking if name.startswith("apps/")} == OWN_TIME


def test_every_time_a_row_is_stamped_with_is_the_database_s():
    fields = [
        field
        for model in apps.get_models()
        if model._meta.label.partition(".")[0] in OUR_LABELS
        for field in model._meta.get_fields()
        if isinstance(field, models.DateField)  # and DateTimeField
    ]
    stamped = {str(field): field.default for field in fields if field.has_default()}
    assert {name for name, default in stamped.items() if default != clock.now} == STAMPED_BY_DJANGO
    assert [str(f) for f in fields if f.auto_now or f.auto_now_add] == []


def test_a_row_made_on_a_machine_whose_clock_is_ahead_is_stamped_right(cast, clocks_apart):
    before = clock.now()
    clocks_apart(30)
    factories.make_effective(cast.sakura, "attendance")
    key = SubjectKey.objects.get(student=cast.sakura, purpose="attendance")
    assert before <= key.made_at < before + timedelta(hours=1)
    last = AuditEvent.objects.order_by("-pk")[0]
    assert before <= last.at < before + timedelta(hours=1)


@pytest.mark.parametrize("hours", [25, 24 * 30])
def test_with_a_clock_ahead_no_key_is_destroyed_before_its_day(cast, clocks_apart, hours):
    purpose = "attendance"
    for student in (cast.sakura, cast.ren):
        factories.make_effective(student, purpose)
    cast.policy = PurposePolicy.objects.get(municipality=cast.city, purpose=purpose)
    second = factories.staff_post(Role.PRIVACY, of=cast.city).user
    pending_acts.confirm(stop_asking(cast), by=second)
    reconcile_all()
    clocks_apart(hours)
    reconcile_all()
    assert the_act().state == ActState.AGREED
    assert SubjectKey.objects.filter(purpose=purpose).count() == 2
    pending_acts.stop(the_act(), by=second)
    reconcile_all()
    assert is_effective(cast.sakura, purpose)
