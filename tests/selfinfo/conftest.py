"""A stand-in for マイナポータル and the browser of a guardian whose purposes are effective."""

import datetime as dt

import pytest

from apps.selfinfo.services.endpoints import install_trial_codes
from tests import factories
from tests.selfinfo import guardian_browser


@pytest.fixture(autouse=True)
def _a_friday_in_november(time_machine):
    """Far from 31 March, when everything of a school year ends."""
    time_machine.move_to(dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC))


@pytest.fixture
def mynaportal(settings):
    """The stand-in for マイナポータル; it notifies only where a test asks it to."""
    settings.SELF_INFO_NOTIFY = False
    with guardian_browser.stand_in(settings) as world:
        yield world


@pytest.fixture
def browser(cast, mynaportal, sign_in):
    """midori's browser, about sakura, whose three purposes are effective."""
    for purpose in guardian_browser.ALL:
        factories.make_effective(cast.sakura, purpose)
    install_trial_codes(cast.city)
    return guardian_browser.GuardianBrowser(sign_in(cast.midori.user), cast.sakura)
