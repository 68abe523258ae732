"""The page of counts, mounted inside the admin."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import render

from apps.people.permissions import may
from apps.reports.services.tables import tables_for


def overview(request, site_context=None):
    """Tables of counts for the schools this member of staff may see. 403 for others."""
    if not may(request.user, "reports.view"):
        raise PermissionDenied("集計を 見る 立場では ありません。")
    context = {**(site_context or {}), "title": "集計", "tables": tables_for(request.user)}
    return render(request, "admin/reports/overview.html", context)
