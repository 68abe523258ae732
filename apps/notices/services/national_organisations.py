"""National organisations, which every city shows: whoever runs the portal checks them for all."""

from django.db import transaction

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core.clock import today
from apps.core.templatetags.japanese import plain
from apps.notices.models import SupportOrganisation
from apps.notices.services.publication_rules import PublicationRefused

VERIFIED_BY = "加賀ポータルの運営"  # no sentence


def national_organisations() -> list[SupportOrganisation]:
    """All of them, by name."""
    found = SupportOrganisation.objects.filter(municipality=None)
    return sorted(found, key=lambda one: plain(one.name))


@transaction.atomic
def verify_national(name: str, *, source_url: str) -> SupportOrganisation:
    """Record that every line was checked against the source today; the organisation.

    Raises PublicationRefused for a name, without readings, that none or several have, and without
    a source.
    """
    found = SupportOrganisation.objects.filter(municipality=None).select_for_update()
    named = [one for one in found if plain(one.name) == name.strip()]
    if len(named) != 1 or not source_url.strip():
        raise PublicationRefused("no single organisation of that name, or no source")
    organisation = named[0]
    organisation.verified_on, organisation.verified_by = today(), VERIFIED_BY
    organisation.source_url = source_url.strip()
    organisation.save(update_fields=["verified_on", "verified_by", "source_url"])
    record(Action.ORGANISATION_VERIFIED, role="command line", thing=organisation)
    return organisation
