"""With a new first ring key old keys still open; the command rewraps them, and can be repeated."""

import base64
import io

import pytest
from django.core.management import CommandError, call_command

from apps.consent.models import Purpose
from apps.vault.models import SubjectKey
from apps.vault.services.rotation import rewrap_keys
from apps.vault.services.sealed_content import open_own
from tests import factories
from tests.vault.sealing_helpers import write

NEW = "n2:" + base64.urlsafe_b64encode(b"n" * 32).decode()


@pytest.fixture
def row(cast):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    factories.make_effective(cast.ren, Purpose.ATTENDANCE)
    return write(cast.sakura, Purpose.ATTENDANCE, {"code": "LATE"})


def test_everything_still_opens_before_and_after(cast, row, settings):
    settings.VAULT_KEYS = f"{NEW},{settings.VAULT_KEYS}"
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]
    call_command("rotate_vault_keys", stdout=io.StringIO())
    assert set(SubjectKey.objects.values_list("ring_key", flat=True)) == {"n2"}
    settings.VAULT_KEYS = NEW
    assert open_own([row], student=cast.sakura) == [{"code": "LATE"}]


def test_a_stopped_rotation_goes_on_where_it_was(row, settings):
    settings.VAULT_KEYS = f"{NEW},{settings.VAULT_KEYS}"
    assert [rewrap_keys(limit=1) for _ in range(3)] == [1, 1, 0]


def test_a_ring_that_lost_the_old_key_is_refused_in_words(row, settings):
    settings.VAULT_KEYS = NEW
    with pytest.raises(CommandError, match="key ring has no key"):
        call_command("rotate_vault_keys", stdout=io.StringIO())
