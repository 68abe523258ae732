"""A guardian ends their own guardianship: a question, reauthentication, then at once; not undone by
a click.
"""

import uuid

import pytest
from django.urls import reverse

from apps.consent.models import Purpose, Response
from apps.consent.services.decisions import decide
from apps.consent.services.purpose_status import is_effective, students_known_to
from apps.consent.services.scheduled_work import reconcile_all
from apps.people.models import Guardianship, GuardianStanding
from apps.registration.models import GuardianRegistration, RegistrationState
from apps.vault.models import SubjectKey
from tests import factories
from tests.registration.letter_helpers import child_letter, come_in, waiting_guardianship

OWN_GUARDIANSHIPS = reverse("registration:own_guardianships")


def pages(student):
    return [
        reverse(f"registration:{name}", args=[student.pk])
        for name in ("ask_end_guardianship", "end_guardianship")
    ]


def prove(client):
    """Type the password again."""
    client.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})


def enter_and_prove(person, sign_in):
    """A client of this person, who has a password and has just typed it again."""
    person.user.set_password(factories.PASSWORD)
    person.user.save()
    client = sign_in(person.user)
    prove(client)
    return client


def test_it_takes_a_question_a_reauthentication_and_a_click(cast, sign_in):
    cast.midori.user.set_password(factories.PASSWORD)
    cast.midori.user.save()
    client = sign_in(cast.midori.user)
    assert cast.sakura.full_name in client.get(OWN_GUARDIANSHIPS).content.decode()
    question, now = pages(cast.sakura)
    assert "お返事は、数えなくなります" in client.get(question).content.decode()
    assert client.post(question).status_code == 405
    assert "reauthenticate" in client.post(now).url
    assert list(students_known_to(cast.midori.user)) == [cast.sakura]
    prove(client)
    assert client.get(now).status_code == 200
    assert client.post(now).url == "/"
    assert not students_known_to(cast.midori.user).exists()
    guardianship = Guardianship.objects.get(guardian=cast.midori)
    assert (guardianship.ended_by_self, guardianship.ended_at is not None) == (True, True)
    for page in (question, now):
        assert client.get(page).status_code == 404


def test_what_rested_on_the_answer_stops(cast, sign_in):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    client = enter_and_prove(cast.midori, sign_in)
    client.post(pages(cast.sakura)[1])
    reconcile_all()
    assert not is_effective(cast.sakura, Purpose.ATTENDANCE)
    assert SubjectKey.objects.get(student=cast.sakura).destroy_after is not None


def test_a_refusal_of_who_has_gone_blocks_nothing(cast, sign_in):
    factories.policy(cast.city)
    factories.document(cast.city)
    other = factories.guardian(cast.sakura, "こうた", "kota@example.com")
    for person, response in ((cast.midori, "refused"), (other, "given"), (cast.sakura, "given")):
        decide(
            student=cast.sakura, actor=person.user, form_key=uuid.uuid4(),
            answers={Purpose.ATTENDANCE: Response(response)},
        )  # fmt: skip
    client = enter_and_prove(cast.midori, sign_in)
    client.post(pages(cast.sakura)[1])
    reconcile_all()
    assert is_effective(cast.sakura, Purpose.ATTENDANCE)


def test_who_still_waits_may_take_it_back_and_come_again(cast, sign_in):
    _, code = child_letter(cast.sakura, cast.officer.user)
    account = factories.user("hikaru@example.com")
    account.set_password(factories.PASSWORD)
    account.save()
    client = sign_in(account)
    come_in(client, code)
    assert "さくら さん" in client.get(OWN_GUARDIANSHIPS).content.decode()
    assert cast.sakura.full_name not in client.get(OWN_GUARDIANSHIPS).content.decode()
    prove(client)
    client.post(pages(cast.sakura)[1])
    assert GuardianRegistration.objects.get().state == RegistrationState.TAKEN_BACK
    assert not Guardianship.objects.waiting().exists()
    come_in(client, code)
    assert waiting_guardianship(account, cast.sakura).ended_at is None


@pytest.mark.parametrize("who", ["other_guardian", "sakura", "homeroom"])
def test_nobody_ends_the_guardianship_of_another(cast, sign_in, who):
    client = sign_in(getattr(cast, who).user)
    for page in pages(cast.sakura):
        assert client.post(page).status_code in (403, 404, 405)
        assert client.get(page).status_code in (302, 403, 404)
    assert students_known_to(cast.midori.user).exists()


def test_who_is_kept_out_finds_nothing_to_end(cast, sign_in):
    Guardianship.objects.filter(guardian=cast.midori).update(standing=GuardianStanding.KEPT_OUT)
    client = sign_in(cast.midori.user)
    assert (
        "いま、登録されているお子さんはいません" in client.get(OWN_GUARDIANSHIPS).content.decode()
    )
    for page in pages(cast.sakura):
        assert client.get(page).status_code == 404
