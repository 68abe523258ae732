"""Reading a stack of signed slips: type or scan the numbers, check, confirm together."""

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from apps.people.models import Relation
from apps.people.permissions import may
from apps.registration import staff_devices
from apps.registration.admin.newcomer_facts import facts_against
from apps.registration.letter_text import seat_label
from apps.registration.models import EvidenceKind
from apps.registration.services import slips as reading
from apps.registration.services.confirmation_queue import OWN_NEWCOMER
from apps.registration.services.registration_contexts import VERB, registrations_known_to
from apps.registration.services.registrations import confirm_registrations
from apps.signin.codes import group_code

TOO_MANY = f"一度に入れられるのは、{reading.MAX_SLIPS}枚までです。分けて入れてください。"
NOTHING = "控えの番号を、1行に1つずつ入れてください。"
DONE = "{n}人を確かめました。"
SECOND_PERSON_NEEDED = "{n}人は、もう一人、ちがう立場の人が確かめると入れます。"
NOT_DONE = "{n}人は確かめませんでした。画面を開いたあとに変わったか、もう決まっています。"


def slips(request):
    """Ask for the numbers; a POST shows what they say and changes nothing."""
    _check(request)
    sent = request.POST.get("numbers", "") if request.method == "POST" else ""
    numbers = reading.parse_slip_numbers(sent)
    error = ""
    if request.method == "POST":
        error = NOTHING if not numbers else TOO_MANY if len(numbers) > reading.MAX_SLIPS else ""
    found = reading.read_slips(numbers, request.user) if numbers and not error else None
    context = {
        **admin.site.each_context(request),
        "title": "もどった控えを入れる",
        "sent": sent,
        "errors": [error] if error else [],
        "found": found,
        "ready": _rows(found.ready, request.user) if found else [],
        "apart": _rows(found.apart, request.user) if found else [],
        "ticks": _ticks_of(found, request.user) if found else "",
    }
    return render(request, "admin/registration/slips.html", context, status=422 if error else 200)


@require_POST
def slips_confirm(request):
    """Confirm everybody whom the page before showed as ready: the slip is the evidence."""
    _check(request)
    ticks = dict(_read(line) for line in request.POST.get("ticks", "").split() if _read(line))
    known = registrations_known_to(request.user).filter(pk__in=list(ticks)[: reading.MAX_SLIPS])
    others, own = staff_devices.split_by_device(request, known)
    if own:
        messages.error(request, OWN_NEWCOMER)
    ticks = {pk: ticks[pk] for pk in others}
    found = confirm_registrations(ticks, by=request.user, kind=EvidenceKind.SLIP)
    for words, level, n in (
        (DONE, messages.SUCCESS, len(found.done)), (SECOND_PERSON_NEEDED, messages.INFO, len(found.awaiting_second)),
        (NOT_DONE, messages.ERROR, len(found.refused)),
    ):  # fmt: skip
        if n:
            messages.add_message(request, level, words.format(n=n))
    if not ticks:
        messages.warning(request, "だれも選ばれていません。")
    return redirect("admin:registration_slips")


def _check(request):
    if not may(request.user, VERB):
        raise PermissionDenied("保護者の登録を確かめる立場ではありません。")


def _rows(contexts, user):
    """One row for each newcomer, to compare with the slip: number, seat, child, name and relation."""
    return [
        {
            "slip": group_code(context.registration.invitation.slip_number),
            "seats": "、".join(seat_label(child) for child in context.visible_children(user)),
            "children": "、".join(child.full_name for child in context.visible_children(user)),
            "guardian": context.registration.guardian,
            "relation": Relation(context.facts.relation).label if context.facts.relation else "",
            "n_needed": context.n_needed,
            "against": facts_against(context.facts),
        }
        for context in contexts
    ]


def _ticks_of(found, user):
    return "\n".join(
        f"{context.registration.pk}.{context.page_token_for(user)}" for context in found.ready
    )


def _read(line):
    """(id, page token) of one line of the form, or None."""
    text, _, page_token = line.partition(".")
    try:
        return UUID(text), page_token
    except ValueError:
        return None
