"""Two people who came by letters of children: a grandmother, confirmed, and a mother who waits."""

from collections.abc import Callable

from django.db import transaction

from apps.people.models import Student, User
from apps.signin import services as signin
from apps.signin.models import Evidence, GuardianArrival
from apps.signin.services import coming_in, letter_rows
from kaga_portal.demo import people


def come_in(
    grandchild: Student, child: Student, *, by: User, nurse: User,
    make_account: Callable[[str], User],
) -> None:  # fmt: skip
    """The letters are written by ``by``, the grandmother is confirmed by ``nurse``; made once."""
    if GuardianArrival.objects.filter(student__in=(grandchild, child)).exists():
        return
    _arrive(child, make_account(people.NEWCOMER), by, "mother", "Maria", "")
    arrival = _arrive(
        grandchild, make_account(people.GRANDMOTHER), by, "grandparent", "加代", "カヨ"
    )
    seen = signin.seen_of(arrival, nurse)
    signin.confirm_arrival(arrival, by=nurse, seen=seen, kind=Evidence.MEETING)


def _arrive(student, user, by, relation, given_name, given_kana):
    with transaction.atomic():
        ((letter, _),) = letter_rows.write_letters([student], by=by)
    said = coming_in.Newcomer(
        relation=relation, has_secret=False, tells_others=True, family_name="見本",
        given_name=given_name, family_kana="ミホン", given_kana=given_kana, language="ja",
    )  # fmt: skip
    return coming_in.accept_child_letter(letter, user, said)
