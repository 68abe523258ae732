"""What the settings of all sign-in services have in common: saved, tested, switched off.

They are the accounts of schools, 学習eポータル (LTI) and デジタル認証アプリ.
"""

from collections.abc import Callable

from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.people.models import User
from apps.people.permissions import role_of
from apps.people.services.recorded_changes import record_change
from apps.signin.models import LtiPlatform, MynaService, SchoolAccountService
from apps.signin.services.sessions import end_sessions_begun_by
from apps.signin.sign_in_methods import SignInMethod

SignInService = SchoolAccountService | LtiPlatform | MynaService

VERB = "municipality.edit"
NOT_TESTED = _("使いはじめる前に、「つながるか確かめる」を押してください。")
CHANGED_MEANWHILE = _("確かめているあいだに、設定が変わりました。もう一度確かめてください。")
NOT_PART_OF_A_TEST = {"is_on", "asks_before_consent", "tested_at"}


class CannotUseService(Exception):
    """The service cannot be used; the message is for the member of staff."""


def stored_row(service: SignInService) -> SignInService:
    """The row as it is stored, locked; an empty one where it is new."""
    model = type(service)
    return model.objects.select_for_update().filter(pk=service.pk).first() or model()


def changed_fields(service: SignInService, stored: SignInService) -> set[str]:
    """The names of the columns that differ, whoever changed them; never values."""
    names_of_keys = {column.key for column in getattr(service, "ring_columns", ())}
    return {
        field.name
        for field in service._meta.concrete_fields
        if not field.primary_key
        and field.name not in names_of_keys
        and field.to_python(getattr(service, field.attname)) != getattr(stored, field.attname)
    }


@transaction.atomic
def save_settings(
    service: SignInService, *, by: User, missing: str, end_sessions: Callable[[], None]
) -> str:
    """Save the row and record what really changed; it is off while something is ``missing``.

    Where it was on and is off now, ``end_sessions`` is called. The reason why it is off though the
    row said on; "" where there is none.
    """
    stored = stored_row(service)
    is_refused = service.is_on and bool(missing)
    service.is_on = service.is_on and not missing
    service.save()
    if stored.is_on and not service.is_on:
        end_sessions()
    record_change(service, by, sorted(changed_fields(service, stored)), verb=VERB)
    return missing if is_refused else ""


@transaction.atomic
def mark_tested(service: SignInService, *, by: User) -> None:
    """Note that the service answered. Raises CannotUseService where other settings were tested."""
    stored = stored_row(service)
    if changed_fields(service, stored) - NOT_PART_OF_A_TEST:
        raise CannotUseService(str(CHANGED_MEANWHILE))
    stored.tested_at = clock.now()
    stored.save(update_fields=["tested_at"])
    record_change(stored, by, ["tested_at"], verb=VERB)


@transaction.atomic
def end_all_links(
    service: SignInService,
    links: QuerySet[SocialAccount],
    *,
    method: SignInMethod,
    action: Action,
    by: User,
) -> int:
    """End every link with a service and the sign-ins begun by it; how many links there were."""
    n_linked = links.count()
    if n_linked:
        end_sessions_begun_by(method, links.values("user"))
        links.delete()
        record(
            action, actor=by, role=role_of(by, service, VERB),
            municipality_id=service.municipality_id, thing=service, detail="all",
        )  # fmt: skip
    return n_linked
