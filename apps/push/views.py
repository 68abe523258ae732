"""Pages where a person turns push messages on and off, device by device, and tries them."""

import contextlib

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.http.request import RawPostDataException
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from apps.core.json_input import UnreadableJson, read_json
from apps.core.user_agents import device_of, device_words
from apps.people.permissions import role_of
from apps.push.services import broadcasts, subscriptions

UNREADABLE = "送られた 内容が 読めません。"


@require_safe
def settings_page(request):
    """The person's devices, what this browser can do (with JavaScript), and a trial message."""
    trial = request.GET.get("trial", "")
    context = {
        "devices": broadcasts.devices_of(request.user),
        "here": request.session.get(broadcasts.DEVICE_SESSION_KEY),
        "vapid_key": settings.VAPID_PUBLIC_KEY,
        "side": "student" if role_of(request.user) == "student" else "guardian",
        "trial": trial,
        "trial_state": _trial_state(request.user, trial) if trial else None,
    }
    return render(request, "push/settings.html", context)


@require_POST
def subscribe(request):
    """Bind this browser. JSON {endpoint, keys: {p256dh, auth}, key, resync} → 201 {secret}; else 400 or 422 and why.

    The secret proves this binding later, without a session (``leave``, ``renew``).
    """
    try:
        sent = read_json(request.body)
        keys = sent["keys"]
        bound = broadcasts.subscribe(
            request.user,
            str(sent["endpoint"]),
            str(keys["p256dh"]),
            str(keys["auth"]),
            device=_device(request),
            vapid_key=str(sent.get("key") or settings.VAPID_PUBLIC_KEY),
            is_resync=bool(sent.get("resync")),
        )
    except (UnreadableJson, RawPostDataException):
        return JsonResponse({"error": UNREADABLE}, status=400)
    except (ValueError, KeyError, TypeError, AttributeError):
        return JsonResponse({"error": UNREADABLE}, status=422)
    except broadcasts.CannotSubscribe as error:
        return JsonResponse({"error": str(error)}, status=422)
    request.session[broadcasts.DEVICE_SESSION_KEY] = str(bound.pk)
    secret = subscriptions.binding_secret(bound)
    return JsonResponse({"secret": secret}, status=201, headers={"Cache-Control": "no-store"})


@csrf_exempt  # no session: the secret of the binding in the body is the proof
@login_not_required
@require_POST
def leave(request):
    """A device ends its own binding. JSON {endpoint, keys: {auth}, secret} → 204, also where none is."""
    sent = _sent(request)
    if sent is None:
        return HttpResponse(status=400)
    keys = sent.get("keys")
    auth = keys.get("auth", "") if isinstance(keys, dict) else ""
    subscriptions.end_binding(str(sent.get("endpoint", "")), str(auth), str(sent.get("secret", "")))
    return HttpResponse(status=204)


@csrf_exempt  # no session here either: the secret in the body is the proof
@login_not_required
@require_POST
def renew(request):
    """The browser changed its subscription. JSON {old, new}, each {endpoint, keys}, → 204, else 404.

    ``old`` also says the ``secret`` of its binding; 410 tells its device that this binding is over.
    """
    sent = _sent(request)
    try:
        old, new = sent["old"], sent["new"]
        of_old = str(old["endpoint"]), str(old["keys"]["auth"]), str(old.get("secret", ""))
        of_new = str(new["endpoint"]), str(new["keys"]["p256dh"]), str(new["keys"]["auth"])
        is_renewed = subscriptions.renew_binding(*of_old, *of_new)
    except (KeyError, TypeError, AttributeError):
        return HttpResponse(status=400)
    except broadcasts.CannotSubscribe:
        return HttpResponse(status=422)
    if not is_renewed and subscriptions.has_binding_ended(*of_old):
        return HttpResponse(status=410)
    return HttpResponse(status=204 if is_renewed else 404)


def _sent(request):
    """The JSON object in the body; None where it is not one."""
    try:
        sent = read_json(request.body)
    except UnreadableJson:
        return None
    return sent if isinstance(sent, dict) else None


@require_POST
def unsubscribe(request):
    """Stop sending to one of the person's own devices."""
    with contextlib.suppress(ValidationError):  # not an id: as if it were already gone
        broadcasts.unsubscribe(
            request.user, request.POST.get("endpoint"), pk=request.POST.get("device") or None
        )
    messages.success(request, "｜通知《つうち》を やめました。")
    return redirect("push:settings")


@require_POST
def trial(request):
    """Send a trial message to one of the person's own devices, now."""
    try:
        broadcast = broadcasts.send_trial(request.user, request.POST.get("device", ""))
    except (broadcasts.CannotSendPush, ValidationError) as error:
        sentence = (
            str(error)
            if isinstance(error, broadcasts.CannotSendPush)
            else broadcasts.DEVICE_NOT_FOUND
        )
        messages.error(request, sentence)
        return redirect("push:settings")
    return redirect(f"{reverse('push:settings')}?trial={broadcast.pk}#trial")


@require_safe
def trial_state(request, pk):
    """How far a trial message has come: the fragment that the page polls."""
    state = _trial_state(request.user, pk)
    if state is None:
        raise Http404
    return render(request, "push/settings.html#trial", {"trial": pk, "trial_state": state})


@csrf_exempt  # a service worker has no form; the token in the body is the proof
@login_not_required
@require_POST
def ack(request):
    """A device reports that a message was shown; its token came in the message."""
    is_ours = broadcasts.record_receipt(request.body[:100].decode("ascii", "replace"))
    return HttpResponse(status=204 if is_ours else 404)


def _trial_state(user, pk):
    with contextlib.suppress(ValidationError):
        return broadcasts.trial_state(user, pk)


def _device(request):
    """The kind of browser and device in two words; never the whole User-Agent."""
    return device_words(device_of(request.headers.get("User-Agent", "")))
