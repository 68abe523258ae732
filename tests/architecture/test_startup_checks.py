"""The portal refuses to start half-configured, and says what to do."""

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from kaga_portal import celery, secrets_file, startup_checks
from kaga_portal.backend_checks import check_backends, check_database_role
from kaga_portal.celery import app
from kaga_portal.key_share_checks import check_key_shares
from kaga_portal.supervisor import Supervisor
from kaga_portal.task_queues import QUEUES
from tests.database_roles import as_owner


def production(**changes):
    """Run ``manage.py check --deploy`` as production would, with these changes to a full set."""
    full = {
        **secrets_file.invent_secrets(),
        "PORTAL_MODE": "production",
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "REDIS_URL": os.environ["REDIS_URL"],
        "ALLOWED_HOSTS": "portal.city.example",
        "PORTAL_URL": "https://portal.city.example",
        "KEY_SHARES_URL": "file:/srv/keys",
        "LEDGER_URL": "file:/srv/ledger",
        "TRUSTED_PROXY_COUNT": "1",
        "EMAIL_URL": "smtp+tls://user:word@mail.city.example:587",
        "PLAIN_BACKENDS": "database=a socket of this machine; broker=a socket of this machine; "
        "cache=a socket of this machine",
        "PATH": os.environ["PATH"],
    }
    env = {name: value for name, value in {**full, **changes}.items() if value is not None}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "ERROR"],
        cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_paths_follow_the_address_of_the_portal_with_one_slash():
    show = "from kaga_portal import settings; print(settings.PORTAL_URL)"
    env = {**os.environ, "PORTAL_URL": "https://portal.city.example//"}
    done = subprocess.run(
        [sys.executable, "-c", show], cwd=settings.BASE_DIR, env=env, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "https://portal.city.example"


def test_a_full_production_environment_is_clean():
    done = production()
    assert done.returncode == 0, done.stderr
    # The database of this process is empty: which keys it needs cannot be asked there. And a
    # machine may be without the font of rare characters.
    assert set(re.findall(r"\((\w+\.[EW]\d+)\)", done.stderr)) <= {"kaga.W001", "kaga.W002"}


@pytest.mark.parametrize(
    "faults",
    [
        {
            "SECRET_KEY": (None, "SECRET_KEY is not set"),
            "VAULT_KEYS": (None, "VAULT_KEYS is not usable"),
            "SIGNING_KEYS": (None, "SIGNING_KEYS is not usable"),
            "KEY_SHARES_URL": (None, "KEY_SHARES_URL is not set"),
            "LEDGER_URL": (None, "LEDGER_URL is not set"),
            "SOURCE_URL": ("/srv/in", "SOURCE_URL: No place for files"),
            "VAPID_PRIVATE_KEY": (None, "VAPID_PRIVATE_KEY is not set"),
            "VAPID_SUBJECT": ("portal@city.example", "must be a mailto: or https:"),
            "ALLOWED_HOSTS": (None, "ALLOWED_HOSTS must name"),
            "PORTAL_URL": (None, "PORTAL_URL must be the https://"),
            "SELF_INFO_URL": (
                "https://myna.example",
                "SELF_INFO_AUTHORISE_URL, SELF_INFO_CLIENT_ID",
            ),
            "TRUSTED_PROXY_COUNT": (None, "TRUSTED_PROXY_COUNT is not set to a number"),
            "EMAIL_URL": (None, "EMAIL_URL is not set to a mail server"),
            "PLAIN_BACKENDS": (None, "DATABASE_URL has no sslmode=verify-full"),
        },
        {
            "VAULT_KEYS": ("k1:short", "VAULT_KEYS is not usable"),
            "VAPID_PUBLIC_KEY": ("AAAA", "does not belong to"),
        },
        {"DATABASE_URL": ("sqlite:///x.db", "runs on PostgreSQL only")},
    ],
    ids=["missing", "unusable", "another database"],
)
def test_production_refuses_with_a_sentence_for_each_fault(faults):
    done = production(**{name: value for name, (value, _) in faults.items()})
    assert done.returncode != 0
    errors = done.stderr.partition("WARNINGS:")[0]
    assert [sentence for _, sentence in faults.values() if sentence not in errors] == []


REDIS = "rediss://portal:word@broker.example:6380/0"
REMOTE = {
    "IS_PRODUCTION": True,
    "TRUSTED_PROXY_COUNT": "1",
    "PLAIN_BACKENDS": "",
    "EMAIL_URL": "smtp+tls://user:word@mail.city.example:587",
    "EMAIL_USE_TLS": True,
    "EMAIL_USE_SSL": False,
    "REDIS_URL": REDIS,
    "CACHE_URL": REDIS,
    "sslmode": "verify-full",
}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        ({"TRUSTED_PROXY_COUNT": "0"}, ""),
        ({"TRUSTED_PROXY_COUNT": ""}, "TRUSTED_PROXY_COUNT is not set to a number"),
        ({"TRUSTED_PROXY_COUNT": "one"}, "TRUSTED_PROXY_COUNT is not set to a number"),
        ({"TRUSTED_PROXY_COUNT": "-1"}, "TRUSTED_PROXY_COUNT is not set to a number"),
        ({"EMAIL_URL": "consolemail://"}, "EMAIL_URL is not set to a mail server"),
        ({"EMAIL_USE_TLS": False, "EMAIL_USE_SSL": True}, ""),
        ({"EMAIL_USE_TLS": False}, "EMAIL_URL is not encrypted"),
        ({"EMAIL_USE_TLS": False, "PLAIN_BACKENDS": "mail=relay on loopback"}, ""),
        ({"sslmode": None}, "no sslmode=verify-full"),
        ({"sslmode": "require"}, "no sslmode=verify-full"),
        ({"sslmode": None, "PLAIN_BACKENDS": "database=a unix socket"}, ""),
        ({"REDIS_URL": "redis://portal:word@broker.example/0"}, "REDIS_URL is not encrypted"),
        ({"REDIS_URL": "rediss://broker.example:6380/0"}, "REDIS_URL has no password"),
        ({"REDIS_URL": f"{REDIS}?ssl_cert_reqs=none"}, "REDIS_URL is not encrypted, or checks no"),
        ({"CACHE_URL": "redis://cache.example/0"}, "CACHE_URL is not encrypted"),
        ({"PLAIN_BACKENDS": "database"}, "PLAIN_BACKENDS says 'database' without a known name"),
        ({"PLAIN_BACKENDS": "disk=of this machine"}, "PLAIN_BACKENDS says 'disk'"),
    ],
)
def test_servers_elsewhere_are_spoken_to_over_tls_and_prove_themselves(
    settings, monkeypatch, changes, sentence
):
    facts = REMOTE | changes
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {"sslmode": facts.pop("sslmode")})
    for name, value in facts.items():
        setattr(settings, name, value)
    output = " ".join(error.msg for error in check_backends())
    assert bool(output) == bool(sentence)
    assert sentence in output


SHARES = "postgres://key_shares:word@shares.example/key_shares"


@pytest.mark.parametrize(
    ("url", "plain", "sentences"),
    [
        (f"{SHARES}?sslmode=verify-full", "", []),
        (SHARES, "", ["KEY_SHARES_URL has no sslmode"]),
        (SHARES, "key-shares=a tunnel of its own", []),
        ("postgres://key_shares@db.example/key_shares?sslmode=verify-full", "", ["both halves"]),
        ("/srv/keys", "", ["KEY_SHARES_URL: No store"]),
    ],
)
def test_key_shares_are_kept_apart_and_read_over_tls(settings, url, plain, sentences):
    settings.KEY_SHARES_URL, settings.PLAIN_BACKENDS = url, plain
    settings.DATABASE_URL = "postgres://portal:word@db.example:5432/kaga_portal"
    found = [error.msg for error in check_key_shares()]
    assert len(found) == len(sentences)
    assert all(words in message for words, message in zip(sentences, found, strict=True))


def settings_of_production(words, **changes):
    """The last line of what ``words`` print under production's settings."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", f"from django.conf import settings; {words}"],
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
        env={**os.environ, **secrets_file.invent_secrets(), "PORTAL_MODE": "production", **changes},
    )  # fmt: skip
    return done.stdout.strip().splitlines()[-1]


def test_workers_check_the_broker_s_certificate():
    words = "from kaga_portal.celery import app; print(app.connection_for_write().ssl)"
    output = settings_of_production(words, REDIS_URL=f"{REDIS}?ssl_ca_certs=/srv/ca.pem")
    assert "CERT_REQUIRED" in output
    assert "'ssl_check_hostname': True" in output
    assert "/srv/ca.pem" in output


def test_the_cache_is_the_broker_s_database_1_with_the_same_rules():
    url = f"{REDIS}?ssl_ca_certs=/srv/ca.pem"
    output = settings_of_production("print(settings.CACHE_URL)", REDIS_URL=url)
    assert output == "rediss://portal:word@broker.example:6380/1?ssl_ca_certs=/srv/ca.pem"


def test_a_role_that_passes_row_level_security_stops_the_start_and_so_does_an_owner(db, settings):
    found = lambda: [each.id for each in check_database_role()]  # noqa: E731
    with as_owner(), connection.cursor() as cursor:
        assert found() == []  # of a trial nobody's data is in it
        settings.IS_PRODUCTION = True
        assert found() == ["kaga.E045"]
        cursor.execute("CREATE ROLE portal_that_sees_all NOLOGIN BYPASSRLS")
        cursor.execute("CREATE ROLE portal_that_owns NOLOGIN")
        cursor.execute("ALTER TABLE core_heartbeat OWNER TO portal_that_owns")
        for role, ids in (("sees_all", ["kaga.E045"]), ("owns", ["kaga.E046"])):
            cursor.execute(f"SET ROLE portal_that_{role}")
            assert found() == ids
            cursor.execute("RESET ROLE")
    assert found() == []  # the portal's own


SELF_INFO = {
    "SELF_INFO_URL": "https://myna.example",
    "SELF_INFO_AUTHORISE_URL": "https://myna.example/a",
    "SELF_INFO_CLIENT_ID": "SP12345678_AB1234",
    "SELF_INFO_CERTIFICATE": "manage.py",  # any file that can be read
    "SELF_INFO_CERTIFICATE_KEY": "manage.py",
}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, ""),
        ({"SELF_INFO_URL": "http://myna.example"}, "must begin with https://"),
        ({"SELF_INFO_CLIENT_ID": "portal"}, "must look like SP12345678_AB1234"),
        ({"SELF_INFO_CERTIFICATE_KEY": "/nowhere.pem"}, "SELF_INFO_CERTIFICATE_KEY names a file"),
    ],
)
def test_production_has_all_of_mynaportal_or_says_what_is_wrong(change, sentence):
    done = production(**SELF_INFO | change)
    assert (done.returncode == 0) == (not sentence), done.stderr
    assert sentence in done.stderr


def test_production_never_speaks_to_the_stand_in():
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c",
         "from django.conf import settings; print(repr(settings.SELF_INFO_SANDBOX_URL))"],
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
        env={**os.environ, **secrets_file.invent_secrets(), "PORTAL_MODE": "production",
             "SELF_INFO_SANDBOX_URL": "http://127.0.0.1:1"},
    )  # fmt: skip
    assert done.stdout.strip().splitlines()[-1] == "''"


def test_the_stand_ins_are_not_installed_in_production():
    done = subprocess.run(
        [sys.executable, "manage.py", "help", "sandbox_lrs"],
        cwd=settings.BASE_DIR, capture_output=True, text=True, check=False,
        env={**os.environ, **secrets_file.invent_secrets(), "PORTAL_MODE": "production"},
    )  # fmt: skip
    assert done.returncode != 0
    assert "Unknown command: 'sandbox_lrs'" in done.stderr


def test_the_running_servers_pass_the_self_check_whatever_it_warns_of(db, monkeypatch):
    warning = checks.Warning("a font is not there")
    monkeypatch.setattr(startup_checks, "check_settings", lambda: [warning])
    startup_checks.refuse_if_unsafe(app)


def test_a_celery_setting_that_did_not_take_stops_the_start(db):
    app.conf.task_acks_late = False
    try:
        with pytest.raises(ImproperlyConfigured, match="task_acks_late"):
            startup_checks.refuse_if_unsafe(app)
    finally:
        app.conf.task_acks_late = True


def test_a_queue_that_no_worker_reads_stops_the_start(db, monkeypatch):
    monkeypatch.setitem(app.conf.task_routes, "helpline.escalate", {"queue": "elsewhere"})
    with pytest.raises(ImproperlyConfigured, match="elsewhere"):
        startup_checks.refuse_if_unsafe(app)


def test_queues_that_are_read_in_turn_stop_the_start(db, monkeypatch):
    monkeypatch.setitem(app.conf.broker_transport_options, "queue_order_strategy", "round_robin")
    with pytest.raises(ImproperlyConfigured, match="in turn"):
        startup_checks.refuse_if_unsafe(app)


def test_a_trial_portal_reads_every_queue_once_and_the_help_queue_by_a_worker_of_its_own():
    commands = Supervisor._portal(SimpleNamespace(ports={"web": 1}, _backups=dict))
    read = [re.search(r"-Q (\S+)", command)[1] for command in commands.values() if "-Q" in command]
    assert sorted(",".join(read).split(",")) == sorted(QUEUES)
    assert "help" in read
    for names in read:  # each serves its queues in the order of urgency
        assert sorted(names.split(","), key=QUEUES.index) == names.split(",")


def test_a_database_that_does_not_wait_for_its_disk_stops_the_start(db, settings):
    settings.PORTAL_MODE = "demo"
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    with pytest.raises(ImproperlyConfigured, match="synchronous_commit"):
        startup_checks.refuse_if_unsafe(app)


def test_a_worker_that_must_not_start_ends_with_the_reason(monkeypatch):
    def refuses(_app):
        raise ImproperlyConfigured("VAULT_KEYS lacks the key 'k0'.")

    monkeypatch.setattr(startup_checks, "refuse_if_unsafe", refuses)
    with pytest.raises(SystemExit, match="VAULT_KEYS lacks the key 'k0'"):
        celery._refuse_if_unsafe()


def test_every_check_has_a_number_of_its_own():
    places = [
        (number, str(path.relative_to(settings.BASE_DIR)))
        for folder in ("kaga_portal", "apps")
        for path in (settings.BASE_DIR / folder).rglob("*.py")
        for number in set(re.findall(r'id="(kaga\.[EW]\d+)"', path.read_text(encoding="utf-8")))
    ]
    numbers = [number for number, _ in places]
    assert numbers
    assert [place for place in places if numbers.count(place[0]) > 1] == []
