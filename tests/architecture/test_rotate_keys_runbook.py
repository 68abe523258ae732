"""Runs the key rotation runbook as written, in a shell, against the test database."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as now
from django.db import connection

from apps.checkins.services.storage import PURPOSE
from apps.consent.models import Purpose
from apps.push.models import PushSubscription
from apps.registration.services import letters
from apps.signin.services import cards
from apps.vault.models import EnvironmentKey, KeyKind, SubjectKey
from apps.vault.services.environment_keys import record_environment_keys
from apps.vault.services.keys import make_key
from tests import factories
from tests.push.browser_keys import device

RUNBOOK = Path(now.BASE_DIR) / "docs" / "runbooks" / "rotate-keys.md"
SECRETS = ("SECRET_KEY", "VAULT_KEYS", "SIGNING_KEYS", "VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY",
           "VAPID_SUBJECT")  # fmt: skip


def steps(name):
    """The commands of the blocks of one name, in order."""
    blocks = re.findall(rf"^ *```sh {name}\n(.*?)^ *```", RUNBOOK.read_text(), re.M | re.S)
    assert blocks, f"the runbook has no block {name}"
    return "\n".join(blocks)


def run(*names, more="", **env):
    """(exit code, output) of the blocks of these names, one after the other."""
    script = "set -euo pipefail\n" + "\n".join(map(steps, names)) + f"\n{more}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=now.BASE_DIR, env={**environment(), **env}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=240,
    )  # fmt: skip
    return done.returncode, done.stdout


def environment():
    params = connection.get_connection_params()
    where = params["host"].replace("/", "%2F")
    clean = {k: v for k, v in os.environ.items() if k != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return {
        **clean,
        **{name: getattr(now, name) for name in SECRETS},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": f"postgres://{params['user']}@{where}/{params['dbname']}",
        "KEY_SHARES_URL": now.KEY_SHARES_URL,
        "PORTAL_MODE": "test",
    }


@pytest.fixture
def portal(cast):
    """Somebody has agreed, a letter and a card are out, and the keys of now were seen at a start."""
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    ((_, letter),) = letters.issue_guardian_letters([cast.midori], by=cast.homeroom.user)
    ((_, card),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    record_environment_keys()
    return letter, card


@pytest.mark.django_db(transaction=True)
def test_the_vault_key_is_changed_by_the_runbook_and_everything_opens(cast, portal, settings):
    letter, card = portal
    code, output = run("vault", more='echo "NOW:$VAULT_KEYS"')
    assert code == 0, output
    assert "Nothing hangs on the key 'k1' any more" in output
    settings.VAULT_KEYS = output.rpartition("NOW:")[2].strip()
    assert settings.VAULT_KEYS.startswith("k2:") and "," not in settings.VAULT_KEYS
    assert letters.find_letter(letter).guardian == cast.midori
    assert cards.find_card(card).student == cast.sakura
    assert set(SubjectKey.objects.values_list("ring_key", flat=True)) == {"k2"}


@pytest.mark.django_db(transaction=True)
def test_the_runbook_stops_where_a_pin_still_needs_the_old_key(portal):
    cards.set_first_pin(portal[1], "4827")
    code, output = run("vault")
    assert code != 0
    assert "VAULT_KEYS lacks the key 'k1': 1 PINs of cards need it." in output
    assert "1 PINs of cards still hang on the key 'k1'" in output


@pytest.mark.django_db(transaction=True)
def test_the_secret_is_changed_by_the_runbook_and_says_how_long_the_old_one_stays(cast, portal):
    make_key(cast.sakura, PURPOSE)
    code, output = run("secret")
    assert code == 0, output
    former = EnvironmentKey.objects.get(kind=KeyKind.SECRET, newest_until__isnull=False)
    assert f"SECRET_KEY_FALLBACKS holds {former.name}: answers on tablets need it until" in output


@pytest.mark.django_db(transaction=True)
def test_a_secret_taken_out_before_its_day_is_refused_by_the_check(cast, portal):
    make_key(cast.sakura, PURPOSE)
    code, output = run("secret", "early")
    assert code != 0
    assert (
        "answers that wait sealed on tablets (1 students may have some) would be refused" in output
    )


@pytest.mark.django_db(transaction=True)
def test_another_vapid_pair_is_told_with_the_devices_it_leaves(cast, portal):
    device(cast.midori.user)
    code, output = run("vapid", more="python manage.py check --deploy")
    assert code == 0, output
    pair = dict(line.split("=", 1) for line in output.splitlines() if line.startswith("VAPID_"))
    assert set(pair) == {"VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY", "VAPID_SUBJECT"}
    assert PushSubscription.objects.count() == 1
    code, output = run("vapid", more="python manage.py check --deploy", **pair)
    assert code == 0, output
    assert "1 devices are bound under another VAPID key" in output


@pytest.mark.django_db(transaction=True)
def test_a_new_signing_key_goes_in_front_and_the_ledger_still_proves(portal):
    code, output = run("signing")
    assert code == 0, output
