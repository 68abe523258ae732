"""Who confirms whose newcomers, by month: printed letter, evidence and first confirmation."""

from datetime import date

from django.db.models import Count, F, QuerySet

from apps.people.models import User
from apps.people.permissions import municipalities_where
from apps.people.services.confirmation_pairs import MATRIX_VERB, bounds_of, names_of
from apps.registration.models import RegistrationConfirmation

BY_PRINTER = "保護者の登録(手紙を印刷した人と)"
BY_RECORD = "保護者の登録(確かめたことを記録した人と)"
BY_WORD = "保護者の登録(先に確かめた人と)"


def pairs_in(first: date, user: User) -> list[dict]:
    """[{first, second, what, n}] of the month, most first, in this person's city.

    One newcomer is counted in several lines: its letter, evidence and confirmations may be
    different people's, or one person's where the line says so.
    """
    begin, end = bounds_of(first)
    found = RegistrationConfirmation.objects.filter(
        municipality__in=municipalities_where(user, MATRIX_VERB), confirmed_at__gte=begin,
        confirmed_at__lt=end,
    )  # fmt: skip
    earlier = found.filter(registration__confirmations__confirmed_at__lt=F("confirmed_at"))
    rows = [
        *_counted(found, "registration__invitation__printings__sheet__printed_by", BY_PRINTER),
        *_counted(found, "registration__evidence__recorded_by", BY_RECORD),
        *_counted(earlier, "registration__confirmations__confirmed_by", BY_WORD),
    ]
    names = names_of({person for one, other, _, _ in rows for person in (one, other)})
    rows.sort(key=lambda row: -row[3])
    return [
        {"first": names.get(one, "—"), "second": names.get(other, "—"), "what": what, "n": n}
        for one, other, what, n in rows
    ]


def _counted(found: QuerySet, who: str, what: str) -> list[tuple]:
    """[(earlier account, confirming account, what, number of newcomers)]."""
    pairs = found.filter(**{f"{who}__isnull": False}).order_by().values_list(who, "confirmed_by")
    counted = pairs.annotate(n=Count("registration", distinct=True)).order_by(who, "confirmed_by")
    return [(one, other, what, n) for one, other, n in counted]
