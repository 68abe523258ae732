"""With threads on PostgreSQL: two confirm at once, two register at once, one confirms and one
refuses.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connections

from apps.people.models import Guardian
from apps.registration.models import (
    GuardianRegistration,
    RegistrationConfirmation,
    RegistrationState,
)
from apps.registration.services import letters, registrations
from tests import factories
from tests.registration.confirmation_helpers import come, letter_of
from tests.registration.letter_helpers import registration_of

pytestmark = pytest.mark.django_db(transaction=True)
CONFIRM = partial(registrations.confirm_registration, kind="meeting")


@pytest.fixture
def hikaru(cast):
    """A guardian of さくら without an account, with an open letter."""
    guardian = Guardian.objects.create(
        municipality=cast.city, source_id="g-new", family_name="加賀", given_name="ひかる"
    )
    factories.guardianship(guardian, cast.sakura)
    ((_, guardian.code),) = letters.issue_guardian_letters([guardian], by=cast.homeroom.user)
    return guardian


def together(*works):
    """What each returned or raised, started from threads as simultaneously as possible."""
    gate = threading.Barrier(len(works))

    def one(work):
        try:
            gate.wait(timeout=60)
            return work()
        except (letters.CannotAccept, registrations.CannotConfirm) as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def deciding(verb, registration, person):
    page_token = registrations.page_token_of(registration, person)
    return lambda: verb(registration, by=person, page_token=page_token)


def refused(answers):
    return [answer for answer in answers if isinstance(answer, Exception)]


def test_of_two_accounts_with_one_letter_at_once_one_registers(cast, hikaru):
    users = [factories.user(f"{n}@example.com") for n in "ab"]
    answers = together(*[
        lambda user=user: letters.accept_guardian_letter(hikaru.code, user) for user in users
    ])  # fmt: skip
    assert len(refused(answers)) == 1
    assert GuardianRegistration.objects.count() == 1


def test_two_who_confirm_at_once_never_both_count_from_the_same_page(cast, hikaru):
    letters.accept_guardian_letter(hikaru.code, factories.user("h@example.com"), tells_others=False)
    registration = registration_of(hikaru)
    people = (cast.nurse.user, cast.counsellor.user)
    answers = together(*[deciding(CONFIRM, registration, one) for one in people])
    assert [str(error)[:9] for error in refused(answers)] == ["この画面を開いたあ"]
    assert RegistrationConfirmation.objects.count() == 1
    assert registration_of(hikaru).is_waiting


def test_one_confirms_and_one_refuses_at_once_and_one_of_them_holds(cast, hikaru):
    account = factories.user("h@example.com")
    letters.accept_guardian_letter(hikaru.code, account, tells_others=True)
    registration = registration_of(hikaru)
    answers = together(
        deciding(CONFIRM, registration, cast.nurse.user),
        deciding(registrations.refuse_registration, registration, cast.counsellor.user),
    )
    assert len(refused(answers)) == 1
    hikaru.refresh_from_db()
    is_in = registration_of(hikaru).state == RegistrationState.CONFIRMED
    assert (hikaru.user == account) == is_in


def test_of_two_third_guardians_confirmed_at_once_one_needs_a_second_word(cast):
    letter = letter_of(cast.sakura, by=cast.office.user)
    registered = [come(letter, f"{n}@mail.example", given=name) for n, name in enumerate("あい")]
    people = [cast.nurse.user, cast.principal.user]
    ones = [deciding(CONFIRM, *pair) for pair in zip(registered, people, strict=True)]
    together(*ones)
    confirmed = GuardianRegistration.objects.filter(state=RegistrationState.CONFIRMED)
    assert confirmed.count() == 1  # beside みどり she is the second; the other is the third
