"""Two people who registered with child letters: a confirmed grandmother and a waiting mother."""

from collections.abc import Callable

from django.db import transaction

from apps.people.models import Student, User
from apps.registration.models import EvidenceKind, GuardianRegistration
from apps.registration.services import letter_records, newcomers, registrations
from kaga_portal.demo import invented_people


def create_letter_guardians(
    grandchild: Student, child: Student, *, by: User, nurse: User,
    make_account: Callable[[str], User],
) -> None:  # fmt: skip
    """Create both once: ``by`` writes the letters, ``nurse`` confirms the grandmother."""
    if GuardianRegistration.objects.filter(student__in=(grandchild, child)).exists():
        return
    _register(child, make_account(invented_people.NEWCOMER), by, "mother", "Maria", "")
    registration = _register(
        grandchild, make_account(invented_people.GRANDMOTHER), by, "grandparent", "加代", "カヨ"
    )
    page_token = registrations.page_token_of(registration, nurse)
    registrations.confirm_registration(
        registration, by=nurse, page_token=page_token, kind=EvidenceKind.MEETING
    )


def _register(student, user, by, relation, given_name, given_kana):
    with transaction.atomic():
        ((letter, _),) = letter_records.write_letters([student], by=by)
    newcomer = newcomers.Newcomer(
        relation=relation, has_secret=False, tells_others=True, family_name="見本",
        given_name=given_name, family_kana="ミホン", given_kana=given_kana, language="ja",
    )  # fmt: skip
    return newcomers.accept_child_letter(letter, user, newcomer)
