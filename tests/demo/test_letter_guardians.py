"""The invented school has a confirmed grandmother and a mother who waits for the school."""

from apps.people.models import Guardian, Guardianship, GuardianStanding
from kaga_portal.demo import invented_people, letter_guardians, people
from tests import factories


def test_one_who_waits_and_a_grandmother_who_is_informed(cast):
    Guardianship.objects.all().delete()
    for _ in range(2):  # created once
        letter_guardians.create_letter_guardians(
            cast.sakura, cast.ren, by=cast.officer.user, nurse=cast.nurse.user,
            make_account=factories.user,
        )  # fmt: skip
    guardianships = Guardianship.objects.values_list(
        "guardian__user__email", "standing", "relation"
    )
    assert set(guardianships) == {
        (invented_people.GRANDMOTHER, GuardianStanding.INFORMED, "grandparent"),
        (invented_people.NEWCOMER, GuardianStanding.WAITING, "mother"),
    }


def test_who_registered_with_a_letter_changes_no_account_at_the_next_start(cast):
    Guardian.objects.update(source_id="of the roster")
    students = [cast.sakura, cast.ren]
    before = people._guardians(students, cast.midori)
    letter_guardians.create_letter_guardians(
        *students, by=cast.officer.user, nurse=cast.nurse.user, make_account=factories.user
    )
    assert Guardian.objects.filter(source_id="").count() == 2
    assert people._guardians(students, cast.midori) == before != []
