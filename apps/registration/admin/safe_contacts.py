"""How to reach a newcomer safely where somebody must not know of them: for lead and city."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render

from apps.people.permissions import may
from apps.registration.services import safe_contacts


def safe_contact(request, pk):
    """The page of one newcomer; each opening is recorded."""
    if not may(request.user, safe_contacts.VERB):
        raise PermissionDenied("安全な連絡先を見る立場ではありません。")
    context = safe_contacts.context_to_call(pk, request.user)
    if context is None:
        raise Http404("no such registration")
    context = {
        **admin.site.each_context(request),
        "title": "安全な連絡先",
        "row": contact_row(context, request.user),
        "contact": safe_contacts.read_safe_contact(pk, by=request.user),
    }
    return render(request, "admin/registration/safe_contact.html", context)


def contact_rows(user) -> list[dict]:
    """The newcomers whom this person may call, for the list."""
    if not may(user, safe_contacts.VERB):
        return []
    return [contact_row(context, user) for context in safe_contacts.contexts_to_call(user)]


def contact_row(context, user) -> dict:
    """One of them: the registration, and the children of whom the reader may know."""
    return {"registration": context.registration, "children": context.visible_children(user)}
