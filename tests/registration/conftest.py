"""Fixtures of the tests of this app."""

import pytest

from apps.registration.services import letters
from tests import factories
from tests.registration.confirmation_helpers import come, letter_of
from tests.registration.letter_helpers import (
    child_letter,
)
from tests.registration.registration_helpers import newcomer
from tests.signin.conftest import _tries_of_this_test_alone  # noqa: F401 - a fixture


@pytest.fixture
def registered(cast):
    """ひかる, second guardian of さくら, has registered with a letter and lets the other be told."""
    cast.hikaru = newcomer(cast, cast.sakura)
    cast.account = factories.user("hikaru@example.com")
    letters.accept_guardian_letter(cast.hikaru.code, cast.account, tells_others=True)
    return cast


@pytest.fixture
def claimed(cast):
    """A letter of れん, printed by the office; somebody who claims to be his mother waits."""
    cast.letter = letter_of(cast.ren, by=cast.office.user, slip="23456789")
    cast.registration = come(cast.letter, "hikaru@mail.example")
    return cast


@pytest.fixture
def pupils(cast):
    """The 28 students of a class."""
    return [
        cast.sakura,
        *(factories.student(cast.class_1, f"生徒{n}", number=n) for n in range(2, 29)),
    ]


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.homeroom.user)


@pytest.fixture
def office(cast, sign_in):
    return sign_in(cast.office.user)


@pytest.fixture
def town(cast):
    """The cast, a letter of さくら, and an account that has never registered."""
    cast.letter, cast.code = child_letter(cast.sakura, cast.officer.user)
    cast.account = factories.user("hikaru@example.com")
    return cast
