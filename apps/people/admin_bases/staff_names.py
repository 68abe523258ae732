"""Accounts of staff on admin pages are shown by name and role, not by address."""

from collections.abc import Iterable, Sequence

from django.db.models import ForeignKey, Model

from apps.people.models import User
from apps.people.services.confirmation_pairs import names_of


def name_accounts(rows: Sequence[Model], shown: Iterable[object]) -> None:
    """Set ``shown_as`` of the accounts to which the fields ``shown`` of these rows lead.

    In one statement; the rows of a list were read with these accounts (select_related).
    """
    if not rows:
        return
    names = [
        field.name
        for field in rows[0]._meta.fields
        if isinstance(field, ForeignKey) and field.related_model is User and field.name in {*shown}
    ]
    accounts = [getattr(row, name) for row in rows for name in names]
    found: list[User] = [account for account in accounts if account is not None]
    labels = names_of({account.pk for account in found}) if found else {}
    for account in found:
        account.shown_as = labels.get(account.pk, "")
