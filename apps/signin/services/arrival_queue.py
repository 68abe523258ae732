"""Which newcomers wait for whose word, and why somebody's word does not count."""

from django.db.models import Q, QuerySet

from apps.people.models import User
from apps.people.permissions import posts_with
from apps.people.reach import reaches
from apps.people.same_person import OF_THE_FAMILY, accounts_of, family_of, is_same_person
from apps.signin.models import GuardianArrival
from apps.signin.services.arrival_looks import VERB, Look, known_to, look_at
from apps.signin.services.newcomer_names import has_own_name

AT_ONCE = 50  # on one page; the oldest first
NOT_OPEN = "もう決まったか、期限がすぎた登録です。"
NOT_BY_PRINTER = "手紙を作った人・印刷した人のほかの人が確かめます。"
OTHER_ROLE = "手紙を印刷した人や先に確かめた人とはちがう立場の、この学校の人が確かめます。"
SAID_ALREADY = "あなたは、もう確かめました。もう一人が確かめます。"
OWN_NEWCOMER = (
    "あなたがサインインしたことのある端末か、あなたのメールアドレスで登録した人のことは、"
    "ほかの職員が確かめます。"
)
OWN_NAME = "あなたと同じ名前の人のことは、ほかの職員が確かめます。"
ASK_LEAD = "この登録は、いまは確かめられません。管理職に聞いてください。"


def waiting_of(user: User, *verbs: str) -> QuerySet[GuardianArrival]:
    """Those that wait for this person's word, the oldest first ."""
    mine = accounts_of(user)
    waiting = known_to(user, *verbs).waiting().exclude(user__in=mine)
    waiting = waiting.exclude(invitation__issued_by__in=mine)
    waiting = waiting.exclude(invitation__printings__sheet__printed_by__in=mine)
    waiting = waiting.exclude(confirmations__confirmed_by__in=mine)
    waiting = waiting.exclude(student__in=family_of(user))
    roles = {post.role for post in posts_with(user, VERB)}
    if len(roles) == 1:  # of who has several, one of them may do
        waiting = waiting.exclude(invitation__printings__sheet__printed_role__in=roles)
        waiting = waiting.exclude(confirmations__confirmed_role__in=roles)
    return waiting.order_by("arrived_at", "pk")


def n_waiting_for(user: User) -> int:
    """How many wait for this person's word, counted without looking at each."""
    return waiting_of(user).values("pk").distinct().count()


def waiting_for(user: User) -> list[GuardianArrival]:
    """The oldest of those that wait for this person's word, so many as one page holds."""
    return [look.arrival for look in looks_waiting_for(user)]


def looks_waiting_for(user: User, after: GuardianArrival | None = None) -> list[Look]:
    """A page of Looks at those that wait for this person's word, later than ``after``."""
    found = page_of(waiting_of(user), user, after)
    return [look for look in found if not why_not(look, user)]


def page_of(waiting, user: User, after: GuardianArrival | None = None) -> list[Look]:
    """The first Looks at arrivals of ``waiting_of``, so many as one page holds."""
    if after is not None:
        later = Q(arrived_at__gt=after.arrived_at)
        waiting = waiting.filter(later | Q(arrived_at=after.arrived_at, pk__gt=after.pk))
    return look_at(list(waiting.distinct()[:AT_ONCE]), user)


def why_not(look: Look, user: User) -> str:
    """Why this person cannot decide about the arrival; "" where they can."""
    if not look.arrival.is_waiting or is_same_person(user, look.arrival.user_id):
        return NOT_OPEN
    if any(is_same_person(user, maker) for maker, _ in look.makers):
        return NOT_BY_PRINTER
    if is_own_newcomer(look.arrival, user):
        return OWN_NEWCOMER
    if any(is_same_person(user, person) for person, _ in look.said):
        return SAID_ALREADY
    if {child.pk for child in look.children} & family_of(user):
        return OF_THE_FAMILY
    if has_own_name(user, look.arrival.guardian):
        return OWN_NAME
    if look.facts.is_kept_out:
        return ASK_LEAD
    return "" if roles_of(look, user) else OTHER_ROLE


def is_own_newcomer(arrival: GuardianArrival, user: User) -> bool:
    """Whether the account came in on a device of this person, or has a mailbox of theirs."""
    if accounts_of(user) & set(arrival.staff_on_device):
        return True
    return mailbox(arrival.user.email) in _mailboxes_of(user)


def _mailboxes_of(user):
    """The mailboxes of this person's accounts; asked once a request."""
    if not hasattr(user, "known_mailboxes"):
        own = User.objects.filter(pk__in=accounts_of(user)).values_list("email", flat=True)
        user.known_mailboxes = {mailbox(address) for address in own} - {""}
    return user.known_mailboxes


def mailbox(address: str) -> str:
    """The mailbox to which an address leads: without case, and what some put after a plus."""
    name, _, domain = address.casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}" if name else ""


def roles_of(look: Look, user: User) -> list[str]:
    """The roles in which this person may decide: of a post that reaches a child, not used yet."""
    used = {role for _, role in [*look.makers, *look.said]}
    return sorted(
        {
            post.role
            for post in posts_with(user, VERB)
            if post.role not in used and any(reaches(post, child) for child in look.children)
        }
    )
