"""How a newcomer of whom somebody must not know can be reached in safety: read by lead and city."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render

from apps.people.permissions import may
from apps.signin.services import arrivals_to_call


def safe_contact(request, pk):
    """The page of one newcomer; each opening is on record."""
    if not may(request.user, arrivals_to_call.VERB):
        raise PermissionDenied("安全な連絡先を見る立場ではありません。")
    found = arrivals_to_call.to_call(request.user)
    look = next((each for each in found if each.arrival.pk == pk), None)
    if look is None:
        raise Http404("no such arrival")
    context = {
        **admin.site.each_context(request),
        "title": "安全な連絡先",
        "row": row_of(look, request.user),
        "contact": arrivals_to_call.open_contact(pk, by=request.user),
    }
    return render(request, "admin/signin/safe_contact.html", context)


def rows_to_call(user) -> list[dict]:
    """Those whom this person may call, for the list."""
    if not may(user, arrivals_to_call.VERB):
        return []
    return [row_of(look, user) for look in arrivals_to_call.to_call(user)]


def row_of(look, user) -> dict:
    """One of them: the arrival, and the children whom the reader may know of."""
    return {"arrival": look.arrival, "children": look.shown_to(user)}
