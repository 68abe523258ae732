"""Shared fixtures: a small school that every test knows, and outsiders who must see nothing."""

import gc
import os
from datetime import timedelta

import pytest
from django.conf import settings as settings_of_django
from django.core.management.commands import flush as flush_command
from django.core.signals import setting_changed
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.forms import BaseForm
from django.utils import timezone
from hypothesis import settings
from whitenoise.middleware import WhiteNoiseMiddleware

from apps.core import municipality_scope
from apps.vault.share_urls import folder_of
from tests import database_roles, factories, share_stores, template_database, without_triggers
from tests.browser import Browser
from tests.cast import make_cast

settings.register_profile("project", deadline=None)  # no test depends on the time limit
settings.load_profile("project")
LONG = (  # a test of a minute that begins last keeps the other workers waiting
    "tests/nearby/test_twins.py",
    "tests/architecture/test_page_view_audit.py",
    "tests/architecture/test_hostile_staff_forms.py",
    "tests/architecture/test_two_posts_on_every_page.py",
    "tests/architecture/test_rotate_keys_runbook.py",
    "tests/architecture/test_lists_at_scale.py",
    "tests/consent/test_state_machine.py",
    "tests/faults/test_two_hosts.py",
)
LONGEST_JOURNEY = "tests/journeys/test_main_path.py"
STAYS = {"django_content_type", "auth_permission"}  # made by the migrations, changed by no test


@pytest.fixture(scope="session", autouse=True)
def _own_cache():
    """Parallel workers share one server: each uses keys with a prefix of its own."""
    from django.core.cache import cache, caches  # noqa: PLC0415 - needs the settings

    from apps.core.cache import RedisCache  # noqa: PLC0415 - needs the settings

    prefix = f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    caches.settings["default"]["KEY_PREFIX"] = prefix  # every thread makes a cache of its own
    cache.key_prefix = prefix

    def clear(self):
        """Remove the keys of this worker: Django's clears the whole server."""
        client = self._cache.get_client(write=True)
        for key in client.scan_iter(match=f"{cache.key_prefix}:*", count=1000):
            client.delete(key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RedisCache, "clear", clear)
        yield


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_guards():
    """Transactional tests empty the tables: only there the triggers are disabled.

    Few rows are deleted faster than 130 tables are truncated, and the content types stay, so
    that they need not be made anew.
    """
    plain = DatabaseOperations.execute_sql_flush

    def sql_flush(self, style, tables, **options):
        return [f"DELETE FROM {self.quote_name(table)};" for table in tables if table not in STAYS]  # noqa: S608

    def flush(self, sql_list):
        with database_roles.as_owner():
            guards = [*without_triggers.OFF, *sql_list, share_stores.INSERT, *without_triggers.ON]
            plain(self, guards)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush)
        patch.setattr(flush_command, "emit_post_migrate_signal", lambda *args: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_found_once():
    """Cache the static files: each Client creates the middleware anew, which lists them in 25 ms."""
    plain, found = WhiteNoiseMiddleware.__init__, {}

    def init(self, get_response=None, settings=settings_of_django):
        named = [name for name in dir(settings) if name.startswith(("WHITENOISE_", "STATIC"))]
        key = str([(name, getattr(settings, name)) for name in [*named, "DEBUG"]])
        if key not in found:
            plain(self, get_response, settings)
            found[key] = dict(self.__dict__)
        self.__dict__.update(found[key], get_response=get_response)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "__init__", init)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_blocker):
    """The test database is copied from one that has been migrated, where there is one."""
    with django_db_blocker.unblock():
        template_database.start_from_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database has its share store, as every portal in use does."""
    with django_db_blocker.unblock():
        template_database.keep_as_template()
        with connection.cursor() as cursor:
            cursor.execute(share_stores.INSERT)
        database_roles.work_as_the_portal()


@pytest.fixture(scope="session", autouse=True)
def _every_folder_of_the_tests_is_their_store():
    """A folder a test names in KEY_SHARES_URL is made the store; ``no_store`` undoes that."""
    share_stores.lay(folder_of(settings_of_django.KEY_SHARES_URL))
    setting_changed.connect(share_stores.follow)
    yield
    setting_changed.disconnect(share_stores.follow)


@pytest.fixture(autouse=True)
def _nothing_kept_outside_by_another_test():
    """What is stored outside the database is not rolled back with it."""
    share_stores.forget_erasures(folder_of(settings_of_django.KEY_SHARES_URL))
    share_stores.forget_checkpoints()


def pytest_xdist_auto_num_workers():
    """One more than there are processors: a worker waits for the database or for a browser."""
    usable = getattr(os, "sched_getaffinity", None)
    return (len(usable(0)) if usable else os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items):
    """The first worker begins with the journeys, which wait for a browser, and the second with
    the longest of the other tests: each worker gets a part of the list as it stands.
    """

    def turn(item):
        file = item.nodeid.partition("::")[0]
        return (file != LONGEST_JOURNEY, not file.startswith("tests/journeys/"))

    long = [item for item in items if item.nodeid.startswith(LONG)]
    items[:] = sorted((item for item in items if not item.nodeid.startswith(LONG)), key=turn)
    part = (len(items) + len(long)) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[part:part] = sorted(long, key=lambda item: LONG.index(item.nodeid.partition("::")[0]))


def pytest_collection_finish():
    """What is imported by now stays: the collector need not look at it again and again.

    A sixth of the time of a walk through the staff pages went into that.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_sessionstart():
    """Who makes databases may do everything; modules ask for the day while they are collected."""
    database_roles.make_databases_as_superuser()
    from apps.core import clock  # noqa: PLC0415 - needs the settings

    clock._state.source = timezone.now


@pytest.fixture(autouse=True)
def _scope_of_a_test_alone():
    """Whatever a test entered counts no longer in the next one."""
    yield
    assert municipality_scope.current_value() in (None, "*")


@pytest.fixture(autouse=True)
def _time_of_the_test():
    """A frozen clock applies to the database too; ``clocks_apart`` undoes that."""
    from apps.core import clock  # noqa: PLC0415 - needs the settings

    with pytest.MonkeyPatch.context() as patch:  # a test may undo its own
        patch.setattr(clock._state, "source", timezone.now)
        yield


@pytest.fixture(autouse=True)
def _clock_and_workers_alive():
    """No test runs beat: clock and workers count as alive unless a test uses ``real_heartbeats``."""
    from apps.core import heartbeat  # noqa: PLC0415 - needs the settings

    real = heartbeat.late_tasks
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heartbeat, "late_tasks", lambda names: set())
        yield real


@pytest.fixture
def real_heartbeats(_clock_and_workers_alive):
    """Whether the clock and the workers are alive is read from their rows."""
    from apps.core import heartbeat  # noqa: PLC0415 - needs the settings

    with pytest.MonkeyPatch.context() as patch:  # undone before the one below it, in any order
        patch.setattr(heartbeat, "late_tasks", _clock_and_workers_alive)
        yield


@pytest.fixture
def clocks_apart(_time_of_the_test, monkeypatch, time_machine):
    """``clocks_apart(hours)``: this process's clock is wrong by that much, the database's is right."""
    from apps.core import clock  # noqa: PLC0415 - needs the settings

    def shift(hours):
        time_machine.move_to(timezone.now() + timedelta(hours=hours), tick=True)
        clock.reset_measurement()
        monkeypatch.setattr(clock._state, "source", clock.database_time)

    yield shift
    clock.reset_measurement()


@pytest.fixture(autouse=True)
def _damage_in_the_tests_own_transaction(request):
    """Damage reports use their own connection; a test that is rolled back uses its own one.

    So nothing of it stays. Tests marked ``transaction=True`` have the real thing.
    """
    marks = request.node.get_closest_marker("django_db")
    is_real = marks is not None and marks.kwargs.get("transaction")
    if is_real or "transactional_db" in request.fixturenames:
        yield
        return
    from apps.vault.services import damage_reports  # noqa: PLC0415 - needs the settings

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(damage_reports, "on_own_connection", lambda work: work())
        yield


@pytest.fixture(autouse=True)
def _no_tries_of_another_test(request):
    """Limits live in the cache, outside the rollback: each test starts at zero."""
    if "db" in request.fixturenames:
        from django.core.cache import cache  # noqa: PLC0415 - needs the settings

        client = cache._cache.get_client(write=True)
        if names := list(client.scan_iter(f"{cache.key_prefix}:*:*limit:*", count=1000)):
            client.delete(*names)


@pytest.fixture(autouse=True)
def _no_key_of_another_test():
    """The day's delivery key is kept in memory, its row goes with the test that made it."""
    from apps.checkins.services import delivery_keys  # noqa: PLC0415 - needs the settings

    delivery_keys.forget_cached_keys()


@pytest.fixture
def hits():
    """The names of the limits that were reached since."""
    from apps.core.limits import limit_hit  # noqa: PLC0415 - needs the settings

    found = []

    def note(sender, action, **kwargs):
        found.append(action)

    limit_hit.connect(note)
    yield found
    limit_hit.disconnect(note)


@pytest.fixture
def cast(db):
    """さくら and her guardian みどり; れん of another class and his guardian; staff here and elsewhere."""
    return make_cast()


class StaffPostsLeadOn(Browser):
    """Fails the test where a POST to a staff page answers with a page instead of a redirect.

    Such a page would repeat its action when reloaded. A form that came back with errors did
    nothing, and neither did the URLs named in DOES_NOTHING.
    """

    # They look something up and change nothing.
    DOES_NOTHING = {"admin:registration_slips", "admin:people_student_caller"}

    def request(self, **request):
        answer = super().request(**request)
        is_page = answer.status_code == 200 and request["PATH_INFO"].startswith("/admin/")
        is_page = is_page and answer["Content-Type"].startswith("text/html")
        is_page = is_page and answer.resolver_match.view_name not in self.DOES_NOTHING
        if is_page and request["REQUEST_METHOD"] == "POST" and not _says_errors(answer):
            pytest.fail(f"{request['PATH_INFO']} answers a POST with a page")
        return answer


def _says_errors(answer):
    """Whether the page is a form that came back."""
    if not answer.context:
        return False
    values = [value for one in answer.context for value in one.flatten().values()]
    return bool(answer.context.get("errors")) or any(
        isinstance(value, BaseForm) and value.errors for value in values
    )


@pytest.fixture
def sign_in():
    """A Client signed in as this user (staff count as having passed the second factor).

    A student counts as having typed the PIN just now, unless ``proved=False``.
    """

    def enter(user, client_class=StaffPostsLeadOn, *, proved=True):
        client = client_class()
        factories.force_sign_in(client, user)
        return factories.with_recent_pin(client) if proved else client

    return enter
