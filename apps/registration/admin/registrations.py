"""「確かめを待つ保護者」: the list of waiting registrations, confirmed or refused by name."""

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache

from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may
from apps.people.services import act_queries
from apps.registration import staff_devices
from apps.registration.admin.guardian_renames import RenameMixin, guardianship_of
from apps.registration.admin.newcomer_facts import (
    facts_against,
    facts_for,
    first_standing,
    neutral_facts,
)
from apps.registration.admin.objections import objections
from apps.registration.admin.safe_contacts import contact_rows, safe_contact
from apps.registration.admin.slips import slips, slips_confirm
from apps.registration.confirmation_rules import SUFFICIENT_EVIDENCE, requires_lead
from apps.registration.models import EvidenceKind, GuardianRegistration
from apps.registration.services import (
    confirmation_queue,
    evidence,
    family_registrations,
    guardian_names,
    guardian_renames,
    myna_proofs,
    registration_contexts,
    registrations,
    safe_contacts,
)

VERB, VOUCH = registration_contexts.VERB, registration_contexts.VOUCH
NOBODY_CHOSEN = "だれも選ばれていません。"
CONFIRMED = "{names} を確かめました。"
SECOND_PERSON_NEEDED = "{names} を確かめました。もう一人、ちがう立場の人が確かめると入れます。"
REFUSED = "{names} の登録を取り消しました。この人は入れません。"
NOTED = "{names} について、確かめたことを記録しました。"
ONE_BY_ONE = "書類の番号は、一人ずつ書いてください。"
NO_KIND = "何で確かめたかを選んでください。"
KINDS = [EvidenceKind.SLIP, EvidenceKind.CALL_BACK, EvidenceKind.MEETING, EvidenceKind.DOCUMENT]


@admin.register(GuardianRegistration)
class GuardianRegistrationAdmin(RenameMixin, ReadOnlyAdmin):
    """Registrations with a letter; nobody confirms the ones whose letter they printed."""

    view_verb = VERB
    list_display = ["registered_at", "guardian", "state", "ended_at"]
    list_filter = ["state"]
    list_select_related = ["guardian"]
    fields = readonly_fields = ["guardian", "registered_at", "state", "ended_at"]
    change_list_template = "admin/registration/registration_list.html"
    change_form_template = "admin/registration/registration.html"

    def get_queryset(self, request):
        known = registration_contexts.registrations_known_to(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=known)

    def has_view_permission(self, request, obj=None):
        return may(request.user, VERB)  # row access: get_queryset

    def get_urls(self):
        view = self.admin_site.admin_view
        own = [
            path("waiting/", never_cache(view(self.waiting)), name="registration_waiting"),
            path(
                "<uuid:pk>/contact/",
                never_cache(view(safe_contact)),
                name="registration_safe_contact",
            ),
            path(
                "<uuid:pk>/rename/",
                never_cache(view(self.rename)),
                name="registration_rename_guardian",
            ),
            path("objections/", never_cache(view(objections)), name="registration_objections"),
            path("slips/", never_cache(view(slips)), name="registration_slips"),
            path("slips/confirm/", view(slips_confirm), name="registration_slips_confirm"),
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        registration = self.get_object(request, object_id)
        guardianship = guardianship_of(registration) if registration is not None else None
        more = {
            "may_rename": guardianship is not None
            and guardian_renames.may_rename(guardianship, request.user),
            "act_open": guardianship
            and act_queries.open_act_about(guardianship, guardian_renames.RENAME),
        }
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))

    def waiting(self, request):
        """The registrations that this person may decide about; a POST decides about the ticked
        ones.
        """
        verbs = [verb for verb in (VERB, VOUCH) if may(request.user, verb)]
        if not verbs:
            raise PermissionDenied("保護者の登録を確かめる立場ではありません。")
        if request.method == "POST":
            _decide(request, verbs)
            return redirect("admin:registration_waiting")
        page, more = _page(request, verbs)
        with_myna = myna_proofs.proved_registrations(context.registration for context in page)
        context = {
            **self.admin_site.each_context(request),
            "title": "確かめを待つ保護者",
            "rows": [_row(context, request.user, with_myna) for context in page],
            "may_confirm": VERB in verbs,
            "may_vouch": VOUCH in verbs,
            "kinds": [(kind.value, kind.label) for kind in KINDS],
            "more": more,
            "to_call": contact_rows(request.user),
            "may_call": may(request.user, safe_contacts.VERB),
            "n_objections": family_registrations.objections_for(request.user).count(),
        }
        return render(request, "admin/registration/waiting.html", context)


def _page(request, verbs):
    """(contexts, the id after which the next page begins or "")."""
    known = confirmation_queue.waiting_registrations(request.user, *verbs)
    after = known.filter(pk=pk).first() if (pk := _uuid(request.GET.get("after", ""))) else None
    found = confirmation_queue.load_page(known, request.user, after)
    shown = [context for context in found if _is_shown(context, request.user, verbs)]
    is_full = len(found) == confirmation_queue.PAGE_SIZE
    return shown, str(found[-1].registration.pk) if is_full else ""


def _is_shown(context, user, verbs):
    """Whether this person may decide anything about the registration."""
    if VERB in verbs and not confirmation_queue.why_not_decide(context, user):
        return True
    return VOUCH in verbs and not evidence.why_not_record(context, EvidenceKind.VOUCH, user)


def _row(context, user, with_myna):
    return {
        "context": context,
        "registration": context.registration,
        "tick": f"{context.registration.pk}.{context.page_token_for(user)}",
        "children": context.visible_children(user),
        "n_said": len(context.confirmed_by_role),
        "for": facts_for(context.facts),
        "against": facts_against(context.facts),
        "facts": neutral_facts(context.facts),
        "has_myna": context.registration.pk in with_myna,
        # a guardian's own letter leaves the standing that the roster or two people gave
        "first_standing": first_standing(context.facts) if context.registration.student_id else "",
        "said_names": guardian_names.names_of_newcomer(context.registration.guardian).full
        if context.registration.said_names
        else "",
        "needs_lead": requires_lead(context.facts),
    }


def _decide(request, verbs):
    """Decide about each independently: a refusal of one does not undo the others."""
    act = {"confirm": _confirm, "refuse": _refuse, "note": _note, "vouch": _vouch}
    verb = request.POST.get("verb")
    if verb not in act or (VOUCH if verb == "vouch" else VERB) not in verbs:
        raise Http404("no such verb")
    if ticks := _ticks(request, verbs):
        act[verb](request, ticks)
    else:
        messages.warning(request, NOBODY_CHOSEN)


def _confirm(request, ticks):
    kind = request.POST.get("kind", "")
    if kind and kind not in SUFFICIENT_EVIDENCE:
        messages.error(request, registrations.NO_EVIDENCE)
        return
    found = registrations.confirm_registrations(ticks, by=request.user, kind=kind)
    _show_names(request, CONFIRMED, found.done)
    _show_names(request, SECOND_PERSON_NEEDED, found.awaiting_second)
    _show_refused(request, found.refused)


def _refuse(request, ticks):
    found = registrations.refuse_registrations(ticks, by=request.user)
    _show_names(request, REFUSED, found.done)
    _show_refused(request, found.refused)


def _note(request, ticks, kind=""):
    kind = kind or request.POST.get("kind", "")
    number = request.POST.get("document_number", "")
    if kind not in EvidenceKind.values or (
        kind == EvidenceKind.VOUCH and not may(request.user, VOUCH)
    ):
        messages.error(request, NO_KIND)
        return
    if kind == EvidenceKind.DOCUMENT and len(ticks) > 1:
        messages.error(request, ONE_BY_ONE)
        return
    try:
        found, refused = evidence.record_evidence(
            list(ticks), kind, by=request.user, document_number=number
        )
    except evidence.CannotRecord as error:
        messages.error(request, str(error))
        return
    _show_names(request, NOTED, found)
    _show_refused(request, refused)


def _vouch(request, ticks):
    _note(request, ticks, kind=EvidenceKind.VOUCH)


def _ticks(request, verbs):
    """{id: page token} of the ticked registrations that this person may know of."""
    sent = (tick.partition(".") for tick in dict.fromkeys(request.POST.getlist("registration")))
    named = {pk: page_token for text, _, page_token in sent if (pk := _uuid(text))}
    known = registration_contexts.registrations_known_to(request.user, *verbs).filter(pk__in=named)
    others, own = staff_devices.split_by_device(request, known)
    if own:
        messages.error(request, confirmation_queue.OWN_NEWCOMER)
    return {pk: named[pk] for pk in others}


def _uuid(text):
    try:
        return UUID(text)
    except ValueError:
        return None


def _show_names(request, sentence, contexts):
    if contexts:
        names = "、".join(context.registration.guardian.full_name for context in contexts)
        messages.success(request, sentence.format(names=names))


def _show_refused(request, refused):
    for context, why in refused:
        messages.error(request, f"{context.registration.guardian.full_name}: {why}")
