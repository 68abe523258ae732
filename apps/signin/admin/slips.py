"""A stack of slips: numbers typed or scanned, shown, then confirmed with one press."""

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from apps.people.models import Relation
from apps.people.permissions import may
from apps.signin import staff_devices
from apps.signin.arrival_words import words_against
from apps.signin.codes import grouped
from apps.signin.letter_words import seat
from apps.signin.models import Evidence
from apps.signin.services import slips as reading
from apps.signin.services.arrival_looks import VERB, known_to
from apps.signin.services.arrival_queue import OWN_NEWCOMER
from apps.signin.services.arrivals import confirm_many

TOO_MANY = f"一度に入れられるのは、{reading.MOST}枚までです。分けて入れてください。"
NOTHING = "控えの番号を、1行に1つずつ入れてください。"
DONE = "{n}人を確かめました。"
ONE_MORE = "{n}人は、もう一人、ちがう立場の人が確かめると入れます。"
NOT_DONE = "{n}人は確かめませんでした。画面を開いたあとに変わったか、もう決まっています。"


def slips(request):
    """The numbers; a POST shows what they say and changes nothing."""
    _check(request)
    sent = request.POST.get("numbers", "") if request.method == "POST" else ""
    numbers = reading.numbers_in(sent)
    error = ""
    if request.method == "POST":
        error = NOTHING if not numbers else TOO_MANY if len(numbers) > reading.MOST else ""
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
    return render(request, "admin/signin/slips.html", context, status=422 if error else 200)


@require_POST
def slips_confirm(request):
    """Everybody whom the page before named as ready: the slip is the evidence."""
    _check(request)
    ticks = dict(_read(line) for line in request.POST.get("ticks", "").split() if _read(line))
    known = known_to(request.user).filter(pk__in=list(ticks)[: reading.MOST])
    others, own = staff_devices.parted(request, known)
    if own:
        messages.error(request, OWN_NEWCOMER)
    ticks = {pk: ticks[pk] for pk in others}
    found = confirm_many(ticks, by=request.user, kind=Evidence.SLIP)
    for words, level, n in (
        (DONE, messages.SUCCESS, len(found.done)), (ONE_MORE, messages.INFO, len(found.said)),
        (NOT_DONE, messages.ERROR, len(found.refused)),
    ):  # fmt: skip
        if n:
            messages.add_message(request, level, words.format(n=n))
    if not ticks:
        messages.warning(request, "だれも選ばれていません。")
    return redirect("admin:signin_slips")


def _check(request):
    if not may(request.user, VERB):
        raise PermissionDenied("保護者の登録を確かめる立場ではありません。")


def _rows(looks, user):
    """One row a newcomer, to be held against the slip: number, seat, child, name and relation."""
    return [
        {
            "slip": grouped(look.arrival.invitation.slip_number),
            "seats": "、".join(seat(child) for child in look.shown_to(user)),
            "children": "、".join(child.full_name for child in look.shown_to(user)),
            "guardian": look.arrival.guardian,
            "relation": Relation(look.facts.relation).label if look.facts.relation else "",
            "n_needed": look.n_needed,
            "against": words_against(look.facts),
        }
        for look in looks
    ]


def _ticks_of(found, user):
    return "\n".join(f"{look.arrival.pk}.{look.seen_by(user)}" for look in found.ready)


def _read(line):
    """(id, what the page showed) of one line of the form, or None."""
    text, _, seen = line.partition(".")
    try:
        return UUID(text), seen
    except ValueError:
        return None
