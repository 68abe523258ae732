"""「確かめを待つ保護者」: one list, ticked by name, each on record."""

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache

from apps.people import pending_acts
from apps.people.doors import RecordDoor
from apps.people.permissions import may
from apps.signin import services, staff_devices
from apps.signin.admin.arrival_contacts import rows_to_call, safe_contact
from apps.signin.admin.objections import objections
from apps.signin.admin.renaming import RenamingDoor, tie_of
from apps.signin.admin.slips import slips, slips_confirm
from apps.signin.arrival_rules import ENOUGH, needs_lead
from apps.signin.arrival_words import plain_facts, words_against, words_for
from apps.signin.models import Evidence, GuardianArrival
from apps.signin.services import (
    arrival_evidence,
    arrival_looks,
    arrival_queue,
    arrivals,
    arrivals_to_call,
    family_told,
    renaming,
    said_names,
)

VERB, VOUCH = arrival_looks.VERB, arrival_looks.VOUCH
NOBODY = "だれも選ばれていません。"
CONFIRMED = "{names} を確かめました。"
ONE_MORE = "{names} を確かめました。もう一人、ちがう立場の人が確かめると入れます。"
REFUSED = "{names} の登録を取り消しました。この人は入れません。"
NOTED = "{names} について、確かめたことを記録しました。"
ONE_BY_ONE = "書類の番号は、一人ずつ書いてください。"
NO_KIND = "何で確かめたかを選んでください。"
KINDS = [Evidence.SLIP, Evidence.CALL_BACK, Evidence.MEETING, Evidence.DOCUMENT]


@admin.register(GuardianArrival)
class GuardianArrivalAdmin(RenamingDoor, RecordDoor):
    """Who came by a letter; nobody confirms what they printed themselves."""

    view_verb = VERB
    list_display = ["arrived_at", "guardian", "state", "ended_at"]
    list_filter = ["state"]
    list_select_related = ["guardian"]
    fields = readonly_fields = ["guardian", "arrived_at", "state", "ended_at"]
    change_list_template = "admin/signin/arrival_list.html"
    change_form_template = "admin/signin/arrival.html"

    def get_queryset(self, request):
        known = services.arrivals_known_to(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=known)

    def has_view_permission(self, request, obj=None):
        return may(request.user, VERB)  # which rows: get_queryset

    def get_urls(self):
        view = self.admin_site.admin_view
        own = [
            path("waiting/", never_cache(view(self.waiting)), name="signin_arrivals"),
            path("<uuid:pk>/contact/", never_cache(view(safe_contact)), name="signin_safe_contact"),
            path("<uuid:pk>/rename/", never_cache(view(self.rename)), name="signin_arrival_rename"),
            path("objections/", never_cache(view(objections)), name="signin_objections"),
            path("slips/", never_cache(view(slips)), name="signin_slips"),
            path("slips/confirm/", view(slips_confirm), name="signin_slips_confirm"),
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        arrival = self.get_object(request, object_id)
        tie = tie_of(arrival) if arrival is not None else None
        more = {
            "may_rename": tie is not None and renaming.may_rename(tie, request.user),
            "act_open": tie and pending_acts.open_about(tie, renaming.RENAME),
        }
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))

    def waiting(self, request):
        """All who wait for this person's word, by name; a POST decides about the ticked ones."""
        verbs = [verb for verb in (VERB, VOUCH) if may(request.user, verb)]
        if not verbs:
            raise PermissionDenied("保護者の登録を確かめる立場ではありません。")
        if request.method == "POST":
            _decide(request, verbs)
            return redirect("admin:signin_arrivals")
        page, more = _page(request, verbs)
        context = {
            **self.admin_site.each_context(request),
            "title": "確かめを待つ保護者",
            "rows": [_row(look, request.user) for look in page],
            "may_confirm": VERB in verbs,
            "may_vouch": VOUCH in verbs,
            "kinds": [(kind.value, kind.label) for kind in KINDS],
            "more": more,
            "to_call": rows_to_call(request.user),
            "may_call": may(request.user, arrivals_to_call.VERB),
            "n_objections": family_told.objections_for(request.user).count(),
        }
        return render(request, "admin/signin/arrivals.html", context)


def _page(request, verbs):
    """(Looks, the id after which the next page begins or "")."""
    known = arrival_queue.waiting_of(request.user, *verbs)
    after = known.filter(pk=pk).first() if (pk := _uuid(request.GET.get("after", ""))) else None
    found = arrival_queue.page_of(known, request.user, after)
    shown = [look for look in found if _is_shown(look, request.user, verbs)]
    is_full = len(found) == arrival_queue.AT_ONCE
    return shown, str(found[-1].arrival.pk) if is_full else ""


def _is_shown(look, user, verbs):
    """Whether this person can say anything about the newcomer."""
    if VERB in verbs and not arrival_queue.why_not(look, user):
        return True
    return VOUCH in verbs and not arrival_evidence.why_not_record(look, Evidence.VOUCH, user)


def _row(look, user):
    return {
        "look": look,
        "arrival": look.arrival,
        "tick": f"{look.arrival.pk}.{look.seen_by(user)}",
        "children": look.shown_to(user),
        "n_said": len(look.said),
        "for": words_for(look.facts),
        "against": words_against(look.facts),
        "facts": plain_facts(look.facts),
        "said_names": said_names.of_newcomer(look.arrival.guardian).full
        if look.arrival.said_names
        else "",
        "needs_lead": needs_lead(look.facts),
    }


def _decide(request, verbs):
    """Every one stands alone: what is refused of one does not undo the others."""
    act = {"confirm": _confirm, "refuse": _refuse, "note": _note, "vouch": _vouch}
    verb = request.POST.get("verb")
    if verb not in act or (VOUCH if verb == "vouch" else VERB) not in verbs:
        raise Http404("no such verb")
    if ticks := _ticks(request, verbs):
        act[verb](request, ticks)
    else:
        messages.warning(request, NOBODY)


def _confirm(request, ticks):
    kind = request.POST.get("kind", "")
    if kind and kind not in ENOUGH:
        messages.error(request, arrivals.NO_EVIDENCE)
        return
    found = arrivals.confirm_many(ticks, by=request.user, kind=kind)
    _tell(request, CONFIRMED, found.done)
    _tell(request, ONE_MORE, found.said)
    _tell_refused(request, found.refused)


def _refuse(request, ticks):
    found = arrivals.refuse_many(ticks, by=request.user)
    _tell(request, REFUSED, found.done)
    _tell_refused(request, found.refused)


def _note(request, ticks, kind=""):
    kind = kind or request.POST.get("kind", "")
    number = request.POST.get("document_number", "")
    if kind not in Evidence.values or (kind == Evidence.VOUCH and not may(request.user, VOUCH)):
        messages.error(request, NO_KIND)
        return
    if kind == Evidence.DOCUMENT and len(ticks) > 1:
        messages.error(request, ONE_BY_ONE)
        return
    try:
        found, refused = arrival_evidence.record_evidence(
            list(ticks), kind, by=request.user, document_number=number
        )
    except arrival_evidence.CannotRecord as error:
        messages.error(request, str(error))
        return
    _tell(request, NOTED, found)
    _tell_refused(request, refused)


def _vouch(request, ticks):
    _note(request, ticks, kind=Evidence.VOUCH)


def _ticks(request, verbs):
    """{id: what the page showed} of the ticked ones that this person may know of."""
    sent = (tick.partition(".") for tick in dict.fromkeys(request.POST.getlist("arrival")))
    named = {pk: seen for text, _, seen in sent if (pk := _uuid(text))}
    known = arrival_looks.known_to(request.user, *verbs).filter(pk__in=named)
    others, own = staff_devices.parted(request, known)
    if own:
        messages.error(request, arrival_queue.OWN_NEWCOMER)
    return {pk: named[pk] for pk in others}


def _uuid(text):
    try:
        return UUID(text)
    except ValueError:
        return None


def _tell(request, sentence, looks):
    if looks:
        names = "、".join(look.arrival.guardian.full_name for look in looks)
        messages.success(request, sentence.format(names=names))


def _tell_refused(request, refused):
    for look, why in refused:
        messages.error(request, f"{look.arrival.guardian.full_name}: {why}")
