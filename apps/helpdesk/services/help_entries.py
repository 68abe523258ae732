"""The help pages that a municipality wrote itself, for whoever reads them."""

from uuid import UUID

from django.db.models import QuerySet

from apps.helpdesk.models import HelpEntry
from apps.notices.text_search import matches_query

EDIT_VERB, VIEW_VERB = "help_contacts.edit", "help_contacts.view"


def entries_for(side: str, municipality_id: UUID | None) -> QuerySet[HelpEntry]:
    """What the city shows to "student" or "guardian"; to "open" and staff all of it."""
    rows = HelpEntry.objects.filter(municipality=municipality_id, is_draft=False)
    if side == "student":
        rows = rows.filter(for_students=True)
    elif side == "guardian":
        rows = rows.filter(for_guardians=True)
    return rows.order_by("title", "pk")


def search_entries(query: str, entries: QuerySet[HelpEntry]) -> list[HelpEntry]:
    """Those with every word of ``query``, as written or as read; all without one."""
    return [row for row in entries if not query or matches_query(query, [row.title, row.body])]
