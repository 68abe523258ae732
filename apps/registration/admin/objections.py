"""「心当たりがない」: objections of guardians to another guardian's registration."""

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render

from apps.people.permissions import may
from apps.registration.services import family_registrations
from apps.registration.services.registration_contexts import VERB

OBJECTION_CLOSED = "確かめたことを記録しました。伝えた人には、結果を知らせません。"


def objections(request):
    """The open objections; a POST records that the school has looked into one."""
    if not may(request.user, VERB):
        raise PermissionDenied("保護者の登録を確かめる立場ではありません。")
    if request.method == "POST":
        if pk := _uuid(request.POST.get("objection", "")):
            family_registrations.close_objection(pk, by=request.user)
            messages.success(request, OBJECTION_CLOSED)
        return redirect("admin:registration_objections")
    context = {
        **admin.site.each_context(request),
        "title": "心当たりがないという知らせ",
        "rows": family_registrations.objections_for(request.user),
    }
    return render(request, "admin/registration/objections.html", context)


def _uuid(text):
    try:
        return UUID(text)
    except ValueError:
        return None
