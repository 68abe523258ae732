"""The earlier answers of a guardian who is let in again end nothing by themselves."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.consent.models import Response
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from tests.consent.standing_helpers import keep_out, key_of, let_in, say, town

__all__ = ["town"]


@pytest.fixture
def running(town):
    """hajime said no and was kept out; midori agreed again; hajime is let in. The key."""
    for person in (town.midori, town.sakura):
        say(town.sakura, person.user)
    say(town.sakura, town.hajime.user, Response.REFUSED)
    keep_out(town.hajime, town.sakura, town.principal)
    say(town.sakura, town.midori.user)
    town.key = key_of(town.sakura).pk
    let_in(town.hajime, town.sakura, town.principal, town.officer)
    return town


def test_an_earlier_no_of_who_is_let_in_pauses_without_a_day_and_destroys_nothing(running):
    assert not is_effective(running.sakura, "attendance")
    for days in (0, 2, 40):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            reconcile_all()
            reconcile_all()
            key = key_of(running.sakura)
            assert (key.pk, key.destroy_after) == (running.key, None)
            assert key.paused_at is not None


def test_their_yes_said_anew_puts_the_key_back_in_use(running):
    say(running.sakura, running.hajime.user)
    assert is_effective(running.sakura, "attendance")
    assert key_of(running.sakura).pk == running.key


@pytest.mark.parametrize("who", ["hajime", "midori", "sakura"])
def test_a_no_said_anew_by_anybody_destroys_it(running, who):
    say(running.sakura, getattr(running, who).user, Response.REFUSED)
    assert key_of(running.sakura) is None
