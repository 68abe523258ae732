"""How often staff are told that an address has an account: never whether any address has one."""

from apps.core import limits
from apps.people.models import User
from apps.people.same_person import accounts_of

LIMIT = "address.known"
TOO_MANY = "きょうは、これ以上メールアドレスを確かめられません。あしたにするか、ほかの人にたのんでください。"


def why_no_more(by: User) -> str:
    """Why this person is told of no address today, once there were too many; "" before."""
    if not limits.is_used_up(LIMIT, _who(by)):
        return ""
    limits.note_hit(LIMIT)  # a security event
    return TOO_MANY


def told(why: str, by: User) -> str:
    """``why``, by which this person learns that an address has an account: counted, or too many."""
    return why if limits.allow(LIMIT, _who(by)) else TOO_MANY


def _who(user):
    return str(min(accounts_of(user)))
