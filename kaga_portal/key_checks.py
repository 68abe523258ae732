"""Checks whether a key that is still needed was removed from the environment."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.core.checks import Error, Warning
from django.db import DatabaseError

from apps.checkins import tickets
from apps.checkins.services.storage import PURPOSE
from apps.core import clock
from apps.core.crypto import BadKeyRing
from apps.core.municipality_scope import across_municipalities
from apps.push.models import DeviceState, PushSubscription
from apps.push.webpush import vapid_key_id
from apps.vault.models import EnvironmentKey, SubjectKey
from apps.vault.services import environment_keys, ring_usage, share_store
from apps.vault.services.environment_keys import newest_until
from apps.vault.shares import StoreUnavailable

RUNBOOK_HINT = "docs/runbooks/rotate-keys.md says how a key is changed."


@across_municipalities
def check_keys(app_configs=None, **kwargs) -> list:
    """The check of ``check --deploy``: each Error is a reason why the portal would not start."""
    try:
        hinders = [*ring_usage.missing_key_problems(), *secrets_needed()]
        warnings = [sentence for sentence in devices_left_behind() if sentence]
    except BadKeyRing:
        return []  # another check reports this
    except DatabaseError as error:
        message = f"The database could not be asked which keys it needs: {type(error).__name__}."
        return [Warning(message, id="kaga.W002")]
    return [
        *(Error(sentence, hint=RUNBOOK_HINT, id="kaga.E020") for sentence in hinders),
        *(Warning(sentence, hint=RUNBOOK_HINT, id="kaga.W003") for sentence in warnings),
    ]


def check_share_server(app_configs=None, **kwargs) -> list:
    """Deploy check: settings of the server of KEY_SHARES_URL that keep destroyed shares readable."""
    try:
        problems = share_store.server_setting_problems()
    except (StoreUnavailable, DatabaseError):
        return []  # another check reports that
    return [
        Warning(
            f"The server of KEY_SHARES_URL keeps destroyed shares readable: {problem}",
            hint="docs/operations/key-shares.md says how it is set up.",
            id="kaga.W005",
        )
        for problem in problems
    ]


def secrets_needed() -> Iterator[str]:
    """Sentences (English, for the terminal): former SECRET_KEYs that waiting answers still need."""
    n_students = SubjectKey.objects.filter(purpose=PURPOSE).count()
    for row in environment_keys.missing_secrets() if n_students else []:
        if needed_until(row) > clock.now():
            yield (
                f"SECRET_KEY_FALLBACKS lacks the secret with the check value {row.name}, which was "
                f"SECRET_KEY until {newest_until(row):%Y-%m-%d}: answers that wait sealed on tablets "
                f"({n_students} students may have some) would be refused until "
                f"{needed_until(row):%Y-%m-%d}. Put it there; if it must go at once, run "
                f"give_up_key secret {row.name}."
            )


def needed_until(row: EnvironmentKey) -> datetime:
    """Until when an encrypted answer may arrive whose ticket a former SECRET_KEY signed."""
    return newest_until(row) + tickets.VALID_FOR


def devices_left_behind() -> Iterator[str]:
    """Sentences: devices that cannot be notified until their owner returns, after a change of keys."""
    current = vapid_key_id(settings.VAPID_PUBLIC_KEY)
    bound = PushSubscription.objects.filter(state__in=(DeviceState.LIVE, DeviceState.KEY_CHANGED))
    if n := bound.exclude(vapid_key=current).count():
        yield (
            f"{n} devices are bound under another VAPID key: nothing is pushed to them until "
            "their person opens the portal on them again."
        )
    for row in environment_keys.missing_secrets():
        if n := PushSubscription.objects.live().filter(seen_at__lt=newest_until(row)).count():
            yield (
                f"{n} devices were bound before SECRET_KEY changed (check value {row.name}) and "
                "have not been back: until then they cannot end their binding themselves."
            )
