"""The kind of an account, and whether the roster lets it sign in (enabledUser)."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from apps.people.account_kind_rules import AccountKind
from apps.people.account_kinds import account_rows, kind_from_rows, municipalities_in
from apps.people.models import User
from apps.signin.sign_in_methods import SignInMethod, may_use_method

STOPPED_BY_ROSTER = _(
    "学校の名簿で、このアカウントは止められています。学校または市の担当に聞いてください。"
)
STUDENT_STOPPED = _("学校の名簿で、入れないようになっています。先生に聞いてください。")
STUDENT_BY_CARD = _("生徒の人は、カードと暗証番号だけで入ります。メールやパスワードは使いません。")
NO_WAY_IN = _("このアカウントでは、もう入れません。学校または市の担当に聞いてください。")


@dataclass(frozen=True)
class AccountAccess:
    """An account's kind, and whether every roster row of it is disabled.

    Somebody at two schools may sign in while one of them allows it. A row that has left the roster
    allows nothing.
    """

    kind: AccountKind
    is_stopped: bool


def access_of(user: User) -> AccountAccess:
    """The kind of this account and whether the roster disables it, in one query."""
    rows = account_rows(user.pk)
    user.known_municipalities = municipalities_in(rows)
    enabled = {row.is_enabled for row in rows if row.counts}
    return AccountAccess(kind_from_rows(user, rows), enabled == {False})


def may_sign_in(user: User, method: SignInMethod) -> bool:
    """Whether this account may begin a session by this method."""
    return may_use_method(access_of(user).kind, method)


def sign_in_refusal(kind: AccountKind) -> str:
    """Why this kind of account may not sign in by mail and password: a sentence for its owner."""
    return str(STUDENT_BY_CARD if kind == AccountKind.STUDENT else NO_WAY_IN)
