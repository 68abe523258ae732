"""Which newcomers wait for whose confirmation, and why somebody cannot decide about one."""

from django.db.models import QuerySet

from apps.core.keyset_pages import page_of
from apps.people.models import User
from apps.people.permissions import posts_with
from apps.people.post_scope import post_includes_place
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    accounts_of_person,
    children_of_person,
    is_same_person,
)
from apps.registration.models import GuardianRegistration
from apps.registration.services.name_comparison import has_name_of
from apps.registration.services.registration_contexts import (
    VERB,
    RegistrationContext,
    load_contexts,
    registrations_known_to,
)

PAGE_SIZE = 50  # on one page; the oldest first
NOT_OPEN = "もう決まったか、期限がすぎた登録です。"
NOT_BY_PRINTER = "手紙を作った人・印刷した人のほかの人が確かめます。"
OTHER_ROLE = "手紙を印刷した人や先に確かめた人とはちがう立場の、この学校の人が確かめます。"
CONFIRMED_ALREADY = "あなたは、もう確かめました。もう一人が確かめます。"
OWN_NEWCOMER = (
    "あなたがサインインしたことのある端末か、あなたのメールアドレスで登録した人のことは、"
    "ほかの職員が確かめます。"
)
OWN_NAME = "あなたと同じ名前の人のことは、ほかの職員が確かめます。"
ASK_LEAD = "この登録は、いまは確かめられません。管理職に聞いてください。"


def waiting_registrations(user: User, *verbs: str) -> QuerySet[GuardianRegistration]:
    """Registrations that wait for this person, the oldest first."""
    own = accounts_of_person(user)
    waiting = registrations_known_to(user, *verbs).waiting().exclude(user__in=own)
    waiting = waiting.exclude(invitation__issued_by__in=own)
    waiting = waiting.exclude(invitation__printings__sheet__printed_by__in=own)
    waiting = waiting.exclude(confirmations__confirmed_by__in=own)
    roles = {post.role for post in posts_with(user, VERB)}
    if len(roles) == 1:  # with several roles, one of them may be allowed
        waiting = waiting.exclude(invitation__printings__sheet__printed_role__in=roles)
        waiting = waiting.exclude(confirmations__confirmed_role__in=roles)
    return waiting.order_by("registered_at", "pk")


def count_waiting_for(user: User) -> int:
    """How many registrations are on this person's first page of those that wait."""
    return len(waiting_contexts(user))


def oldest_waiting_for(user: User) -> list[GuardianRegistration]:
    """One page of the oldest registrations that wait for this person."""
    return [context.registration for context in waiting_contexts(user)]


def waiting_contexts(
    user: User, after: GuardianRegistration | None = None
) -> list[RegistrationContext]:
    """A page of contexts of registrations that wait for this person, later than ``after``."""
    found = load_page(waiting_registrations(user), user, after)
    return [context for context in found if not why_not_decide(context, user)]


def load_page(
    waiting, user: User, after: GuardianRegistration | None = None
) -> list[RegistrationContext]:
    """The first page of contexts of ``waiting_registrations``."""
    begin = None if after is None else (after.registered_at, after.pk)
    page = page_of(waiting.distinct(), ("registered_at", "pk"), PAGE_SIZE, after=begin)
    return load_contexts(page.rows, user)


def why_not_decide(context: RegistrationContext, user: User) -> str:
    """Why this person cannot decide about the registration; "" where they can."""
    if why := why_not_involved(context, user, made_letter=NOT_BY_PRINTER):
        return why
    if any(is_same_person(user, person) for person, _ in context.confirmed_by_role):
        return CONFIRMED_ALREADY
    if {child.pk for child in context.children} & children_of_person(user):
        return OWN_FAMILY_REFUSED
    if has_name_of(user, context.registration.guardian):
        return OWN_NAME
    if context.facts.is_kept_out:
        return ASK_LEAD
    return "" if deciding_roles(context, user) else OTHER_ROLE


def why_not_involved(context: RegistrationContext, user: User, *, made_letter: str) -> str:
    """Why this person has no say about an open registration at all; "" where they may have.

    ``made_letter`` is the sentence for whoever made the letter.
    """
    if not context.registration.is_waiting or is_same_person(user, context.registration.user_id):
        return NOT_OPEN
    if any(is_same_person(user, maker) for maker, _ in context.makers):
        return made_letter
    return OWN_NEWCOMER if is_own_newcomer(context.registration, user) else ""


def is_own_newcomer(registration: GuardianRegistration, user: User) -> bool:
    """Whether the account registered on a device of this person, or shares a mailbox with them."""
    if accounts_of_person(user) & set(registration.staff_on_device):
        return True
    return mailbox(registration.user.email) in _mailboxes_of(user)


def _mailboxes_of(user):
    """The mailboxes of this person's accounts; queried once a request."""
    if not hasattr(user, "known_mailboxes"):
        own = User.objects.filter(pk__in=accounts_of_person(user)).values_list("email", flat=True)
        user.known_mailboxes = {mailbox(address) for address in own} - {""}
    return user.known_mailboxes


def mailbox(address: str) -> str:
    """The mailbox of an address: lower case, without what follows a plus."""
    name, _, domain = address.casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}" if name else ""


def deciding_roles(context: RegistrationContext, user: User) -> list[str]:
    """The roles in which this person may decide: of posts that reach a child and have not confirmed
    yet.
    """
    used = {role for _, role in [*context.makers, *context.confirmed_by_role]}
    return sorted(
        {
            post.role
            for post in posts_with(user, VERB)
            if post.role not in used
            and any(post_includes_place(post, child) for child in context.children)
        }
    )
