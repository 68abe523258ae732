"""The invented school has a confirmed grandmother and a mother who waits for the school."""

from apps.people.models import Guardianship, GuardianStanding
from kaga_portal.demo import invented_people, letter_guardians
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
