"""A student's link with the school's account: made once with the card, used to sign in, ended.

The first link needs a session begun with the card whose PIN was typed lately, and an account whose
verified name the roster gives to this student and to nobody else. Afterwards only the account's
identifier counts.
"""

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.people.models import Student, User
from apps.people.permissions import role_of
from apps.roster.services import account_names
from apps.signin.models import SchoolAccountService
from apps.signin.oidc.registry import provider_id_of
from apps.signin.school_account_provider import SchoolAccountProvider, accounts_of
from apps.signin.services.access import access_of
from apps.signin.services.cards import end_sessions_of_student
from apps.signin.sign_in_methods import SignInMethod, may_use_method

PREFIX = provider_id_of(SchoolAccountProvider, "")
END_VERB = "sessions.end_student"
NOT_YOURS = _(
    "このアカウントは、学校があなたに渡したものとして名簿にありません。先生に聞いてください。"
)
ALREADY_LINKED = _(
    "あなたは、もう別のアカウントとつながっています。先に、今のつながりを終わらせてください。"
)
NOT_LINKED = _(
    "このアカウントは、まだつながっていません。はじめはカードで入って、「学校のアカウント」からつないでください。"
)
ASK_A_TEACHER = _("今は、このアカウントでは入れません。先生に聞いてください。")


class CannotUseAccount(Exception):
    """The account is not linked or does not open; the message (with ruby) is for the student."""


@transaction.atomic
def link_account(
    service: SchoolAccountService, student: Student, *, uid: str, names: list[str]
) -> None:
    """Link the account with this student. Raises CannotUseAccount, the same for every mismatch."""
    student = Student.objects.select_for_update(of=("self",), no_key=True).get(pk=student.pk)
    is_here = service.is_on and student.municipality_id == service.municipality_id
    named = account_names.student_of(service.municipality_id, names)
    may_link = is_here and student.is_enrolled and student.is_enabled and student.user_id
    if not may_link or named is None or named.pk != student.pk or _belongs_to_an_adult(names):
        raise CannotUseAccount(NOT_YOURS)
    own = accounts_of(service).filter(user=student.user_id).first()
    if own is not None and own.uid == uid:
        return
    if own is not None:
        raise CannotUseAccount(ALREADY_LINKED)
    try:
        with transaction.atomic():
            SocialAccount.objects.create(
                user_id=student.user_id, provider=_provider_id(service), uid=uid, extra_data={}
            )
    except IntegrityError as error:  # it is linked with somebody else
        raise CannotUseAccount(NOT_YOURS) from error
    _record(Action.ACCOUNT_LINKED, service, student)


def user_of_account(service: SchoolAccountService, uid: str) -> User:
    """The user who may sign in with this account now; recorded. Raises CannotUseAccount."""
    linked = accounts_of(service).filter(uid=uid).select_related("user__student").first()
    if linked is None:
        raise CannotUseAccount(NOT_LINKED)
    student = getattr(linked.user, "student", None)
    if student is None:
        raise CannotUseAccount(ASK_A_TEACHER)
    is_allowed = (
        service.is_on
        and student.municipality_id == service.municipality_id
        and student.is_enabled
        and may_use_method(access_of(linked.user).kind, SignInMethod.SCHOOL_ACCOUNT)
    )
    if not is_allowed:
        raise CannotUseAccount(ASK_A_TEACHER)
    _record(Action.SIGNED_IN, service, student)
    return linked.user


def links_of(student: Student) -> list[SchoolAccountService]:
    """The services with which this student is linked."""
    ids = SocialAccount.objects.filter(
        user=student.user_id, provider__startswith=PREFIX
    ).values_list("provider", flat=True)
    pks = [each.partition(":")[2] for each in ids]
    return list(SchoolAccountService.objects.filter(pk__in=pks))


@transaction.atomic
def end_own_links(student: Student) -> None:
    """The student ends the links; their sign-ins end with them."""
    if student.user is not None and delete_links_of(student, by=student.user):
        end_sessions_of_student(student, keeps_devices=True)


def delete_links_of(student: Student, *, by: User) -> int:
    """Delete and record a student's links; returns how many there were.

    ``session_endings`` checks whether staff may, and ends the sign-ins.
    """
    services = links_of(student)
    for service in services:
        accounts_of(service).filter(user=student.user_id).delete()
        _record(Action.ACCOUNT_UNLINKED, service, student, by=by)
    return len(services)


def delete_links_of_leavers() -> int:
    """Delete the links of students who have left; returns how many."""
    gone = SocialAccount.objects.filter(
        provider__startswith=PREFIX, user__student__left_at__isnull=False
    )
    return gone.delete()[0]


def _belongs_to_an_adult(names: list[str]) -> bool:
    """Whether staff or a guardian use one of these addresses here, also beside another one."""
    addresses = [name for name in names if "@" in name]
    is_first = User.objects.filter(email__in=addresses).exists()
    return is_first or EmailAddress.objects.filter(email__in=addresses).exists()


def _provider_id(service: SchoolAccountService) -> str:
    return provider_id_of(SchoolAccountProvider, service.pk)


def _record(
    action: Action, service: SchoolAccountService, student: Student, *, by: User | None = None
) -> None:
    by = by or student.user
    is_own = by is None or by.pk == student.user_id
    record(
        action, actor=by, role="student" if is_own else role_of(by, student, END_VERB),
        municipality_id=student.municipality_id, subject_id=student.pk, thing=service,
        detail="school_account",
    )  # fmt: skip
