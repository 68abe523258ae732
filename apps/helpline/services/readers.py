"""The readers of a help request: who is added, who has opened it, and whose opening ends the calls."""

from collections.abc import Container, Iterable
from uuid import UUID

from apps.core import clock
from apps.helpline.models import HelpReader, HelpRequest, ReaderBasis
from apps.people.models import StaffPost, Student, User
from apps.people.permission_tables import CARING_ROLES
from apps.people.permissions import role_of
from apps.people.services.person_accounts import accounts_near_student


def without_conflict(posts: Iterable[StaffPost], student: Student) -> list[StaffPost]:
    """Those of these posts whose holders are no parent of this student or of a classmate."""
    near = accounts_near_student(student)
    return [post for post in posts if post.user_id and post.user_id not in near]


def add_reader(request: HelpRequest, user: User) -> HelpReader:
    """Let this person read the request; twice is once. How they count is ``_basis_of``."""
    reader, _ = HelpReader.objects.get_or_create(
        request=request,
        person=user,
        defaults={
            "municipality_id": request.municipality_id,
            "basis": _basis_of(request, user),
            "role": role_of(user, request.student),
        },
    )
    return reader


def _basis_of(request: HelpRequest, user: User) -> ReaderBasis:
    """Where the student chose nobody in particular, everybody of the duty roster is chosen."""
    if request.is_protected and user.pk != request.chosen_id:
        return ReaderBasis.ROUTE
    is_chosen = request.chosen_id in (None, user.pk)
    return ReaderBasis.CHOSEN if is_chosen else ReaderBasis.LAST


def keep_out(request: HelpRequest, user_ids: Iterable[UUID]) -> None:
    """Note whom the student does not want to see the request: they never become readers."""
    HelpReader.objects.bulk_create(
        HelpReader(
            municipality_id=request.municipality_id, request=request, person_id=pk,
            basis=ReaderBasis.KEPT_FROM, role="",
        )
        for pk in user_ids
    )  # fmt: skip


def role_in(request: HelpRequest, user: User) -> str:
    """The role in which this reader reads the request."""
    return request.readers.get(person=user).role


def opened_ids(request: HelpRequest) -> frozenset[UUID]:
    """The people who have opened this request; nobody calls them again."""
    found = request.readers.exclude(opened_at=None)
    return frozenset(found.values_list("person_id", flat=True))


def mark_opened(request: HelpRequest, user: User) -> bool:
    """Note that this reader has opened it; whether for the first time."""
    unopened = request.readers.filter(person=user, opened_at=None)
    return bool(unopened.update(opened_at=clock.now()))


def ends_calls(request: HelpRequest, user: User, able: Container[UUID]) -> bool:
    """Whether this person's opening ends the calls.

    It does where the student chose them, or where nobody whom the student chose can be called
    any more. ``able`` are the ids of who can be called today.
    """
    counting = [ReaderBasis.CHOSEN]
    if request.chosen_id is None:
        counting.append(ReaderBasis.ROUTE)
    chosen = request.readers.current().filter(basis__in=counting)
    chosen_ids = set(chosen.values_list("person_id", flat=True))
    return user.pk in chosen_ids or not any(pk in able for pk in chosen_ids)


def end_reading(request: HelpRequest) -> None:
    """After the end of a request: only who cares for students every day still reads it.

    A protected one stays with its readers: taking it back ends the talk, not the look.
    """
    if request.is_protected:
        return
    request.readers.current().exclude(role__in=CARING_ROLES).update(ended_at=clock.now())


def seen_by(request: HelpRequest) -> list[HelpReader]:
    """Who has opened it, the first one first."""
    return list(request.readers.exclude(opened_at=None).order_by("opened_at"))
