"""Newcomers and staff on one device: the confirming person's device must not be the newcomer's.

A sealed cookie lists the accounts that have signed in on a browser (``known_devices``); another
device, or a deleted cookie, proves nothing.
"""

from collections import defaultdict
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.people.models import StaffPost
from apps.people.normalisation import normalise_mail
from apps.registration.models import GuardianRegistration
from apps.signin.known_devices import accounts_known


def staff_on(request: HttpRequest, municipality_id: UUID) -> list[UUID]:
    """The municipality's staff accounts that have signed in on this device."""
    posts = StaffPost.objects.current().filter(municipality=municipality_id).exclude(user=None)
    found = {normalise_mail(mail): pk for pk, mail in posts.values_list("user", "user__email")}
    return [found[mail] for mail in sorted(accounts_known(request, found))]


def split_by_device(
    request: HttpRequest, registrations: QuerySet[GuardianRegistration]
) -> tuple[set[UUID], set[UUID]]:
    """(the ids of these registrations, ids of those whose accounts have signed in on this device)."""
    by_mail = defaultdict(set)
    for pk, mail in registrations.order_by().values_list("pk", "user__email"):
        by_mail[normalise_mail(mail)].add(pk)
    own = {pk for mail in accounts_known(request, by_mail) for pk in by_mail[mail]}
    return {pk for found in by_mail.values() for pk in found} - own, own
