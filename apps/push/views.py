"""Where a person switches the bell on and off, device by device."""

import contextlib
import json

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.people.permissions import role_of
from apps.push import services


@require_safe
def settings_page(request):
    """The person's devices and, with JavaScript, a button for this one."""
    context = {
        "devices": services.devices_of(request.user),
        "vapid_key": settings.VAPID_PUBLIC_KEY,
        "side": "student" if role_of(request.user) == "student" else "guardian",
    }
    return render(request, "push/settings.html", context)


@require_POST
def subscribe(request):
    """Bind this browser. JSON {endpoint, keys: {p256dh, auth}} → 201, or 422 with a sentence."""
    try:
        sent = json.loads(request.body)
        endpoint, keys = str(sent["endpoint"]), sent["keys"]
        services.subscribe(
            request.user, endpoint, str(keys["p256dh"]), str(keys["auth"]), _device(request)
        )
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": "送られた 内容が 読めません。"}, status=422)
    except services.CannotSubscribe as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse({"ok": True}, status=201)


@require_POST
def unsubscribe(request):
    """Stop ringing one of the person's own devices."""
    with contextlib.suppress(ValidationError):  # no id of anything: as if it were already gone
        services.unsubscribe(
            request.user, request.POST.get("endpoint"), pk=request.POST.get("device") or None
        )
    messages.success(request, "｜通知《つうち》を やめました。")
    return redirect("push:settings")


def _device(request):
    """The kind of device in a word; never the whole User-Agent."""
    agent = request.headers.get("User-Agent", "")
    for mark, name in (
        ("iPad", "iPad"), ("iPhone", "iPhone"), ("CrOS", "Chromebook"), ("Android", "Android"),
        ("Windows", "Windows"), ("Macintosh", "Mac・iPad"),
    ):  # fmt: skip
        if mark in agent:
            return name
    return "端末"
