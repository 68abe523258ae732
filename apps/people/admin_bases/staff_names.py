"""Accounts of staff on admin pages are shown by name and role, not by address."""

from collections.abc import Iterable, Sequence

from django.db.models import ForeignKey, Model

from apps.people.models import User
from apps.people.services.confirmation_pairs import names_of


def name_accounts(rows: Sequence[Model], shown: Iterable[object] | None = None) -> None:
    """Set ``shown_as`` of the accounts to which columns of these rows lead, in one statement.

    Of a list's rows those that were read with it (select_related); of one row, where ``shown``
    names its fields, those.
    """
    if not rows:
        return
    fields = [
        field
        for field in rows[0]._meta.fields
        if isinstance(field, ForeignKey) and field.related_model is User
    ]
    if shown is None:
        accounts = [
            field.get_cached_value(row) for row in rows for field in fields if field.is_cached(row)
        ]
    else:
        names = set(shown)
        accounts = [
            getattr(row, field.name) for row in rows for field in fields if field.name in names
        ]
    found: list[User] = [account for account in accounts if isinstance(account, User)]
    labels = names_of({account.pk for account in found}) if found else {}
    for account in found:
        account.shown_as = labels.get(account.pk, "")
