"""Newcomers of whom somebody must not know: the school's lead calls them, at once.

A lead who made the letter, and so may not confirm, sees them too; the city where a school has no
lead. The way to reach them safely is encrypted, and each opening is recorded.
"""

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.core.email_addresses import mail_subject
from apps.people.languages import speaking_to
from apps.people.models import Role, StaffPost, Student, User
from apps.people.permissions import posts_with
from apps.people.post_scope import post_includes_place
from apps.people.services.person_accounts import children_of_person, is_same_person
from apps.registration.models import GuardianRegistration
from apps.registration.services.registration_contexts import (
    RegistrationContext,
    load_contexts,
    registrations_known_to,
    with_related_rows,
)

VERB = "registrations.safe_contact"
MAX_LISTED = 50  # on one page; the oldest first
SUBJECT = _("管理職の連絡を待っている保護者がいます")
BODY = _(
    "知られては困る人がいると書いた保護者が、連絡を待っています。\n\n"
    "家にある番号には電話しないでください。安全な連絡のしかたは、ポータルで見られます。\n\n"
    "%(url)s\n\nこのメールには、名前は書いていません。"
)


def contexts_to_call(user: User) -> list[RegistrationContext]:
    """Contexts of newcomers whom this person, as lead or city, may call; nobody kept out."""
    return _callable(list(_waiting_secretly(user)[:MAX_LISTED]), user)


def context_to_call(registration_id: UUID, user: User) -> RegistrationContext | None:
    """The context of one of them; None where it waits no more or this person may not call."""
    found = _callable(list(_waiting_secretly(user).filter(pk=registration_id)), user)
    return found[0] if found else None


def count_to_call(user: User) -> int:
    """How many wait for this person's call; the city's only where there is no lead."""
    contexts = _callable(list(_waiting_secretly(user)), user)
    roles = {post.role for post in posts_with(user, VERB)}
    if Role.PRINCIPAL in roles:
        return len(contexts)
    return sum(1 for context in contexts if not leads_to_mail(context.registration))


def leads_to_mail(registration: GuardianRegistration) -> list[User]:
    """The leads of the children's schools, without the newcomer and the children's family."""
    children = _children_of(registration)
    posts = StaffPost.objects.current().filter(
        role=Role.PRINCIPAL, school__in=[child.school_id for child in children]
    )
    return _able(posts, registration, children)


@transaction.atomic
def read_safe_contact(registration_id: UUID, *, by: User) -> str | None:
    """How the newcomer can be reached safely, recorded ("" where they wrote nothing).

    None where this person may not know of it, or the newcomer waits no more.
    """
    context = context_to_call(registration_id, by)
    if context is None:
        return None
    for child in context.children:
        if role := _role(by, child):
            record(
                Action.SEALED_OPENED, actor=by, role=role, subject_id=child.pk, thing=context.registration,
                municipality_id=child.municipality_id, fields=["safe_contact"],
                audience=Audience.PROTECTIVE,
            )  # fmt: skip
    return context.registration.safe_contact


def mail_leads(registration: GuardianRegistration | None) -> None:
    """Mail each lead without names, or the city where there is none, if there is a secret."""
    if registration is None or not registration.has_secret:
        return
    people = leads_to_mail(registration)
    if not people:
        city = StaffPost.objects.current().filter(
            role=Role.CITY, municipality=registration.municipality_id, school=None
        )
        people = _able(city, registration, _children_of(registration))
    url = settings.PORTAL_URL + reverse("admin:registration_waiting")
    users = {person.email: person for person in people}
    for address in sorted(users.keys() - {""}):
        with speaking_to(users[address]):
            message = EmailMessage(mail_subject(SUBJECT), BODY % {"url": url}, to=[address])
        message.kind = "registration_to_call"
        message.send()


def _waiting_secretly(user):
    waiting = registrations_known_to(user, VERB).waiting().filter(has_secret=True)
    return waiting.order_by("registered_at", "pk").distinct()


def _callable(found, user):
    contexts = load_contexts(found, user) if found else []
    return [context for context in contexts if _may_call(context, user)]


def _children_of(registration):
    (context,) = load_contexts(
        list(with_related_rows(GuardianRegistration.objects.filter(pk=registration.pk))),
        registration.user,
    )
    return context.children


def _able(posts, registration, children) -> list[User]:
    users = {post.user_id: post.user for post in posts.select_related("user")}
    return [
        user
        for user in users.values()
        if user.is_active and _is_outside(user, registration, children)
    ]


def _may_call(context: RegistrationContext, user: User) -> bool:
    return not context.facts.is_kept_out and _is_outside(
        user, context.registration, context.children
    )


def _is_outside(user: User, registration: GuardianRegistration, children: list[Student]) -> bool:
    """Whether the person is neither the newcomer nor of the family."""
    is_family = {child.pk for child in children} & children_of_person(user)
    return not (is_family or is_same_person(user, registration.user_id))


def _role(user, child) -> str:
    return next(
        (post.role for post in posts_with(user, VERB) if post_includes_place(post, child)), ""
    )
