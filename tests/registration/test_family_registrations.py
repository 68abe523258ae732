"""A family sees that somebody registered, never who, and not where it would do harm."""

import re
import uuid

import pytest
from django.urls import reverse

from apps.core import clock
from apps.people.models import Guardian, Guardianship, GuardianStanding, StaffPost, User
from apps.people.permissions import visible_students
from apps.registration.models import GuardianObjection, GuardianRegistration, RegistrationState
from apps.registration.services import family_registrations
from tests import factories
from tests.registration.letter_helpers import child_letter, come_in

MY_GUARDIANS = reverse("registration:my_guardians")
REGISTERED_SENTENCE = "もう一人登録されました"


@pytest.fixture
def registered(cast, sign_in):
    """ひかる registered with a letter of さくら, lets others know, and the school has confirmed it."""
    cast.letter, cast.code = child_letter(cast.sakura, cast.officer.user)
    cast.account = factories.user("hikaru@example.com")
    come_in(sign_in(cast.account), cast.code)
    cast.registration = GuardianRegistration.objects.get()
    return cast


def confirm(registration):
    """Confirm as the school does."""
    guardianships = Guardianship.objects.waiting().filter(
        guardian=registration.guardian_id, student=registration.student_id
    )
    guardianships.update(standing=GuardianStanding.DECIDES)
    registration.state, registration.ended_at = RegistrationState.CONFIRMED, clock.now()
    registration.save()


def home(sign_in, user):
    return sign_in(user).get("/").content.decode()


def shown(client):
    """The first screen without what differs between requests."""
    text = client.get("/").content.decode()
    changing = r'(?:value|data-ticket|data-form-key)="[^"]{30,}"'
    return re.sub(changing, "", text[text.index("<main") :])


def plain(page):
    return re.sub(r"<r[tp][^>]*>.*?</r[tp]>|</?ruby>", "", page)


# -- other guardians -----------------------------------------------------------------------------


def test_another_guardian_learns_that_one_was_registered_and_nothing_else(registered, sign_in):
    assert REGISTERED_SENTENCE not in home(sign_in, registered.midori.user)
    confirm(registered.registration)
    page = home(sign_in, registered.midori.user)
    assert f"{registered.sakura.full_name} さんの保護者が、{REGISTERED_SENTENCE}" in page
    for hidden in ("ひかる", "父", "hikaru"):
        assert hidden not in page
    assert REGISTERED_SENTENCE not in home(sign_in, registered.account)
    assert REGISTERED_SENTENCE not in home(sign_in, registered.other_guardian.user)


@pytest.mark.parametrize(
    "said", [{"tells_others": "no"}, {"has_secret": "yes", "tells_others": "yes"}]
)
def test_without_leave_the_page_of_the_other_is_the_same_byte_for_byte(cast, sign_in, said):
    def page():
        return shown(sign_in(cast.midori.user))

    before = page()
    come_in(sign_in(factories.user("h@example.com")), child_letter(cast.sakura, None)[1], **said)
    assert page() == before
    confirm(GuardianRegistration.objects.get())
    assert page() == before


def hidden_comes(registered, sign_in):
    """A newcomer who must stay unknown to somebody has registered and waits for the school."""
    account = factories.user("x@example.com")
    come_in(sign_in(account), registered.code, has_secret="yes")
    return GuardianRegistration.objects.get(user=account)


def test_where_one_guardian_must_stay_unknown_nobody_is_told_of_any_other(registered, sign_in):
    hidden = hidden_comes(registered, sign_in)
    confirm(hidden)
    confirm(registered.registration)
    later = factories.user("later@example.com")
    come_in(sign_in(later), registered.code)
    registrations = family_registrations.registrations_of_student(registered.sakura)
    assert REGISTERED_SENTENCE not in home(sign_in, registered.midori.user)
    assert registrations == []
    Guardianship.objects.filter(guardian=hidden.guardian_id).update(ended_at=clock.now())
    assert not family_registrations.other_registrations(
        registered.midori.user
    )  # not shown when the hidden one leaves
    assert family_registrations.registrations_of_student(registered.sakura) == registrations


@pytest.mark.parametrize("is_hidden_there", [False, True])
def test_a_registration_that_waits_tells_nothing_of_who_is_hidden(
    registered, sign_in, is_hidden_there
):
    """Anybody with the letter and a look at the child's screen could ask in this way."""
    before = shown(sign_in(registered.sakura.user))
    if is_hidden_there:
        confirm(hidden_comes(registered, sign_in))
    come_in(sign_in(factories.user("asks@example.com")), registered.code)
    assert shown(sign_in(registered.sakura.user)) == before


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_what_was_told_stays_where_somebody_hidden_comes_later(registered, sign_in, is_confirmed):
    confirm(registered.registration)
    pages = [shown(sign_in(user)) for user in (registered.midori.user, registered.sakura.user)]
    assert REGISTERED_SENTENCE in pages[0]
    hidden = hidden_comes(registered, sign_in)
    if is_confirmed:
        confirm(hidden)
    assert [
        shown(sign_in(user)) for user in (registered.midori.user, registered.sakura.user)
    ] == pages


@pytest.mark.parametrize("standing", ["waiting", "kept_out"])
def test_an_outsider_whom_nobody_confirmed_silences_nothing(registered, sign_in, standing):
    hidden = hidden_comes(registered, sign_in)
    Guardianship.objects.filter(guardian=hidden.guardian_id).update(standing=standing)
    confirm(registered.registration)
    assert REGISTERED_SENTENCE in home(sign_in, registered.midori.user)
    assert family_registrations.registrations_of_student(registered.sakura) == [
        registered.registration
    ]


def test_a_guardian_who_is_kept_out_is_told_nothing(registered, sign_in):
    confirm(registered.registration)
    registered.midori.guardianships.update(standing=GuardianStanding.KEPT_OUT)
    assert REGISTERED_SENTENCE not in home(sign_in, registered.midori.user)


# -- objections -----------------------------------------------------------------------------------


def address(registered):
    return reverse(
        "registration:object_to_registration",
        args=[registered.sakura.pk, registered.registration.pk],
    )


def test_an_objection_blocks_nothing_and_the_school_looks(registered, sign_in):
    confirm(registered.registration)
    client = sign_in(registered.midori.user)
    question = client.get(address(registered)).content.decode()
    assert "登録はすぐには止まりません" in question
    for _ in range(2):
        assert client.post(address(registered)).url == "/"
    objection = GuardianObjection.objects.get()
    assert (objection.student, objection.objected_by) == (registered.sakura, registered.midori.user)
    assert list(visible_students(registered.account)) == [registered.sakura]
    assert [o.pk for o in family_registrations.objections_for(registered.nurse.user)] == [
        objection.pk
    ]
    assert not family_registrations.objections_for(registered.away_nurse.user)
    family_registrations.close_objection(objection.pk, by=registered.away_nurse.user)
    assert GuardianObjection.objects.get().looked_at is None
    client.get("/")  # that the school was told is shown once
    before = shown(client)
    family_registrations.close_objection(objection.pk, by=registered.nurse.user)
    assert GuardianObjection.objects.get().looked_by == registered.nurse.user
    assert not family_registrations.objections_for(registered.principal.user)
    assert shown(client) == before  # nobody learns the result


@pytest.mark.parametrize("who", ["family", "objector", "registered"])
def test_nobody_on_the_staff_looks_at_an_objection_of_their_own_family(registered, who):
    confirm(registered.registration)
    family_registrations.object_to_registration(
        registered.registration.pk, registered.sakura.pk, by=registered.midori.user
    )
    parent = (
        factories.guardian(registered.sakura, "おや", "parent@example.com")
        if who == "family"
        else None
    )
    same = {
        "family": parent,
        "objector": registered.midori,
        "registered": registered.registration.guardian,
    }[who]
    master_id = uuid.uuid4()  # says that the member of staff and the guardian are one person
    StaffPost.objects.filter(pk=registered.nurse.pk).update(master_id=master_id)
    Guardian.objects.filter(pk=same.pk).update(master_id=master_id)
    if who != "family":
        Guardianship.objects.filter(guardian=same).update(student=registered.ren)
    nurse = User.objects.get(pk=registered.nurse.user_id)
    assert not family_registrations.objections_for(nurse)
    family_registrations.close_objection(GuardianObjection.objects.get().pk, by=nurse)
    assert GuardianObjection.objects.get().looked_at is None
    assert family_registrations.objections_for(User.objects.get(pk=registered.counsellor.user_id))


def test_only_who_was_told_can_object(registered, sign_in):
    for user in (
        registered.midori.user,
        registered.other_guardian.user,
        registered.account,
        registered.sakura.user,
    ):
        for method in ("get", "post"):  # nobody has seen anything yet
            assert getattr(sign_in(user), method)(address(registered)).status_code == 404
    confirm(registered.registration)
    for user in (
        registered.other_guardian.user,
        registered.account,
        registered.sakura.user,
        registered.nurse.user,
    ):
        assert sign_in(user).post(address(registered)).status_code in (302, 403, 404)
    assert not GuardianObjection.objects.exists()


# -- the student ---------------------------------------------------------------------------------------


def test_the_student_sees_after_the_pin_as_what_people_are_registered(registered, sign_in):
    assert sign_in(registered.sakura.user, proved=False).get(MY_GUARDIANS).status_code == 302
    page = plain(sign_in(registered.sakura.user).get(MY_GUARDIANS).content.decode())
    assert "お父さん" in page
    assert "学校の 名簿の 保護者" in page
    for hidden in ("ひかる", "みどり", "待って", "制限"):
        assert hidden not in page
    assert "保健室" in page
    assert reverse("helpline:start") in page


def test_who_hides_from_others_does_not_hide_from_the_child(registered, sign_in):
    first = shown(sign_in(registered.sakura.user))
    come_in(
        sign_in(factories.user("x@example.com")), registered.code, relation="grandparent",
        has_secret="yes",
    )  # fmt: skip
    page = plain(sign_in(registered.sakura.user).get(MY_GUARDIANS).content.decode())
    assert "おじいさん・おばあさん" in page
    assert shown(sign_in(registered.sakura.user)) == first  # others may look at that screen
    registered.registration.delete()
    assert "登録した 人が います" not in plain(home(sign_in, registered.sakura.user))


def test_what_somebody_may_do_changes_nothing_on_the_students_page(registered, sign_in):
    def page():
        text = sign_in(registered.sakura.user).get(MY_GUARDIANS).content.decode()
        return re.sub(r'value="[A-Za-z0-9]{64}"', "", text[text.index("<main") :])

    before = page()
    for standing in ("decides", "informed", "kept_out"):
        Guardianship.objects.filter(guardian=registered.registration.guardian).update(
            standing=standing
        )
        assert page() == before


def test_nobody_but_the_student_opens_that_page(registered, sign_in):
    for user in (registered.midori.user, registered.account):
        assert sign_in(user).get(MY_GUARDIANS).status_code == 404
    assert "お父さん" not in plain(sign_in(registered.ren.user).get(MY_GUARDIANS).content.decode())
