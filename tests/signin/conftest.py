"""Fixtures of the sign-in tests."""

import uuid

import pytest
from django.core.cache import cache

from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.submissions import submit
from apps.consent.models import Purpose
from apps.disclosure.services.corrections import request_correction
from apps.people.models import StaffPost
from apps.registration.services import print_runs
from apps.signin.services import cards
from tests import factories
from tests.signin.first_pin_helpers import ATTENDANCE, again
from tests.signin.oidc_peer import OidcPeer
from tests.signin.own_words_helpers import PIN, WORDS, answered
from tests.signin.school_account_helpers import DOMAIN, make_service


@pytest.fixture(autouse=True)
def _tries_of_this_test_alone():
    """Attempts are counted in the cache by address: each test starts at zero."""
    prefix = cache.key_prefix
    cache.key_prefix = f"{prefix}-{uuid.uuid4().hex}"
    yield
    cache.key_prefix = prefix


@pytest.fixture
def wrote(cast):
    """さくら with card and PIN: has a help request with a reply, a check-in and an apology notice."""
    StaffPost.objects.update(begins_on=None)
    factories.duty_roster(cast)
    seed_questions()
    ((_, cast.code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    factories.choose_own_pin(cast.code, PIN)
    cast.sakura.refresh_from_db()
    factories.make_effective(cast.sakura, Purpose.CHECKIN_REVIEW)
    cast.request = answered(cast)
    submit(
        student=cast.sakura, question_set=current_question_set(), client_key=uuid.uuid4(),
        answers={"mood": 1, "words": WORDS},
    )  # fmt: skip
    request_correction(
        cast.sakura, actor=cast.sakura.user, about="roster", words=WORDS, form_key=uuid.uuid4()
    )
    return cast


@pytest.fixture
def chosen(cast):
    """さくら agreed with a school account; then a first card was issued, and a PIN was chosen."""
    StaffPost.objects.update(begins_on=None)
    factories.make_effective(cast.sakura, ATTENDANCE)
    print_runs.print_cards([cast.sakura], school_class=cast.class_1, by=cast.homeroom.user)
    ((_, cast.code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(cast.code, PIN)
    return again(cast)


@pytest.fixture(scope="module")
def peer():
    """A real OpenID provider on loopback."""
    with OidcPeer() as running:
        yield running


@pytest.fixture
def service(cast, settings, peer):
    """The city's school accounts at that provider, in use."""
    settings.PRIVATE_SERVERS = [peer.url]
    settings.SCHOOL_ACCOUNT_ISSUERS = {"google": peer.url, "microsoft": peer.url}
    return make_service(cast, kind="google", domain=DOMAIN)


@pytest.fixture
def sakura(cast):
    """さくら, with a card, a PIN and an account name in the roster."""
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    factories.choose_own_pin(code, PIN)
    cast.sakura.refresh_from_db()
    cast.sakura.code = code
    return cast.sakura
