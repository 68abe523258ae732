"""Newcomers of whom somebody must not know: the lead of the school calls them, at once.

Also a lead who made the letter, and so may not confirm, sees them; the city where a school has no
lead. How to reach them in safety lies sealed, and each opening is on record.
"""

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse

from apps.audit.models import Action, Audience
from apps.audit.services import record
from apps.core.mail import subject_of
from apps.people.models import Role, StaffPost, Student, User
from apps.people.permissions import posts_with
from apps.people.reach import reaches
from apps.people.same_person import family_of, is_same_person
from apps.signin.models import GuardianArrival
from apps.signin.services.arrival_looks import Look, known_to, look_at, with_all

VERB = "arrivals.safe_contact"
AT_ONCE = 50  # on one page; the oldest first
SUBJECT = "管理職の連絡を待っている保護者がいます"
BODY = """知られては困る人がいると書いた保護者が、連絡を待っています。

家にある番号には電話しないでください。安全な連絡のしかたは、ポータルで見られます。

{url}

このメールには、名前は書いていません。"""


def to_call(user: User) -> list[Look]:
    """The Looks at those whom this person, as lead or city, may call; nobody kept out."""
    waiting = known_to(user, VERB).waiting().filter(has_secret=True)
    found = list(waiting.order_by("arrived_at", "pk").distinct()[:AT_ONCE])
    return [look for look in look_at(found, user) if _may_call(look, user)] if found else []


def n_to_call(user: User) -> int:
    """How many wait for this person's call: the city's only where no lead can."""
    looks = to_call(user)
    roles = {post.role for post in posts_with(user, VERB)}
    if Role.PRINCIPAL in roles:
        return len(looks)
    return sum(1 for look in looks if not leads_of(look.arrival))


def leads_of(arrival: GuardianArrival) -> list[User]:
    """The leads of the schools of the children, without the newcomer and the children's family."""
    children = _children_of(arrival)
    posts = StaffPost.objects.current().filter(
        role=Role.PRINCIPAL, school__in=[child.school_id for child in children]
    )
    return _able(posts, arrival, children)


@transaction.atomic
def open_contact(arrival_id: UUID, *, by: User) -> str | None:
    """How the newcomer can be reached in safety, on record ("" where they wrote nothing).

    None where this person may not know of it, or nobody waits any more.
    """
    look = next((each for each in to_call(by) if each.arrival.pk == arrival_id), None)
    if look is None:
        return None
    for child in look.children:
        if role := _role(by, child):
            record(
                Action.SEALED_OPENED, actor=by, role=role, subject_id=child.pk, thing=look.arrival,
                municipality_id=child.municipality_id, fields=["safe_contact"],
                audience=Audience.PROTECTIVE,
            )  # fmt: skip
    return look.arrival.safe_contact


def tell_lead(arrival: GuardianArrival | None) -> None:
    """One mail without names to each lead, or to the city where there is none, if there is a secret."""
    if arrival is None or not arrival.has_secret:
        return
    people = leads_of(arrival)
    if not people:
        city = StaffPost.objects.current().filter(
            role=Role.CITY, municipality=arrival.municipality_id, school=None
        )
        people = _able(city, arrival, _children_of(arrival))
    url = settings.PORTAL_URL + reverse("admin:signin_arrivals")
    for address in sorted({person.email for person in people} - {""}):
        subject = subject_of(SUBJECT)
        message = EmailMessage(subject, BODY.format(url=url), to=[address])
        message.kind = "arrival_to_call"
        message.send()


def _children_of(arrival):
    (look,) = look_at(list(with_all(GuardianArrival.objects.filter(pk=arrival.pk))), arrival.user)
    return look.children


def _able(posts, arrival, children) -> list[User]:
    users = {post.user_id: post.user for post in posts.select_related("user")}
    return [
        user for user in users.values() if user.is_active and _is_outside(user, arrival, children)
    ]


def _may_call(look: Look, user: User) -> bool:
    return not look.facts.is_kept_out and _is_outside(user, look.arrival, look.children)


def _is_outside(user: User, arrival: GuardianArrival, children: list[Student]) -> bool:
    """Whether the person is neither the newcomer nor of the family."""
    is_family = {child.pk for child in children} & family_of(user)
    return not (is_family or is_same_person(user, arrival.user_id))


def _role(user, child) -> str:
    return next((post.role for post in posts_with(user, VERB) if reaches(post, child)), "")
