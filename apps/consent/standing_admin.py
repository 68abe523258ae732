"""The staff's door to what a guardianship lets a guardian do: keeping out, and letting in again."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path

from apps.consent.services import ending_ties, standing_changes
from apps.people import pending_acts, standing
from apps.people.act_doors import ProposingDoor
from apps.people.doors import RecordDoor
from apps.people.models import (
    Guardianship,
    GuardianshipEnd,
    GuardianshipEndReason,
    GuardianStanding,
    PendingAct,
    StandingReason,
)
from apps.people.permissions import may

LABELS = {"standing": "できること", "why": "わけ", "document_number": "書類の番号",
          "end_reason": "続柄を終わらせるわけ"}  # fmt: skip
TO_KEEP_OUT = [StandingReason.SUPPORT, StandingReason.COURT, StandingReason.CHILD_GUIDANCE,
               StandingReason.CUSTODY, StandingReason.DANGER]  # fmt: skip
TO_LET_IN = [StandingReason.OVER, StandingReason.MISTAKE]


class StandingForm(forms.Form):
    """Why, by which document; the sentence is asked for on the page after."""

    why = forms.ChoiceField(label="わけ", error_messages={"required": "わけを選んでください。"})
    document_number = forms.CharField(
        label="書類の番号",
        max_length=standing_changes.LONGEST_NUMBER,
        help_text="決定書・通知・起案などの番号。まだないときは、受付の番号を書いてください。",
        error_messages={"required": "書類の番号を書いてください。"},
    )

    def __init__(self, *args, reasons, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["why"].choices = [
            ("", "選んでください"),
            *((r.value, r.label) for r in reasons),
        ]


class EndForm(forms.Form):
    """Why somebody is a guardian no more."""

    end_reason = forms.ChoiceField(
        label="わけ",
        choices=[("", "選んでください"), *GuardianshipEndReason.choices],
        error_messages={"required": "わけを選んでください。"},
    )


@admin.register(Guardianship)
class GuardianshipAdmin(ProposingDoor, RecordDoor):
    """Who a school's lead and the city may see; the privacy officer looks and confirms."""

    view_verb = "guardians.standing"
    list_display = ("student", "guardian", "standing", "ended_at")
    list_filter = ("standing", ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("student", "guardian")
    list_per_page = 50
    search_fields = ("student__family_name", "student__given_name", "student__family_kana",
                     "guardian__family_name", "guardian__given_name")  # fmt: skip
    ordering = ("student__family_kana", "student__given_kana", "pk")
    fields = readonly_fields = ("student", "guardian", "standing", "began_at", "ended_at")
    change_form_template = "admin/consent/standing.html"

    def get_queryset(self, request):
        mine = standing.ties_known_to(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=mine)

    def get_urls(self):
        view = self.admin_site.admin_view(self.set_standing)
        end = self.admin_site.admin_view(self.end)
        own = [
            path("<uuid:pk>/standing/", view, name="people_guardianship_standing"),
            path("<uuid:pk>/end/", end, name="people_guardianship_end"),
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        tie = self.get_object(request, object_id)
        more = {}
        if tie is not None:
            more = {
                "history": standing.history_of(tie),
                "act_open": _open_act(tie),
                "may_set": _may_set(request.user, tie),
                "is_kept_out": _is_kept_out(tie),
                "may_end": _may_set(request.user, tie) and _can_end(tie),
                "ends": GuardianshipEnd.objects.filter(guardian=tie.guardian, student=tie.student),
            }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def set_standing(self, request, pk):
        """Why, and by which document; leads to the page that shows what it will do."""
        tie = get_object_or_404(self.get_queryset(request), pk=pk)
        if not _may_set(request.user, tie):
            raise PermissionDenied("この変更をはじめる立場ではありません。")
        is_kept_out = _is_kept_out(tie)
        reasons = TO_LET_IN if is_kept_out else TO_KEEP_OUT
        sent = request.POST if request.method == "POST" else None
        form = StandingForm(sent, reasons=reasons)
        if request.method == "POST" and form.is_valid():
            to = GuardianStanding.DECIDES if is_kept_out else GuardianStanding.KEPT_OUT
            changes = {"standing": to.value, **form.cleaned_data}
            return redirect(self.proposal_url(tie, changes, {"standing": tie.standing}))
        context = {
            **self.admin_site.each_context(request),
            "title": "制限をとく" if is_kept_out else "この子どもについて制限する",
            "tie": tie,
            "form": form,
            "is_kept_out": is_kept_out,
        }
        status = 422 if form.errors else 200
        page = "admin/consent/standing_form.html"
        return TemplateResponse(request, page, context, status=status)

    def end(self, request, pk):
        """Why the guardianship ends; leads to the page that shows what it will do."""
        tie = get_object_or_404(self.get_queryset(request), pk=pk)
        if not _may_set(request.user, tie):
            raise PermissionDenied("この変更をはじめる立場ではありません。")
        form = EndForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return redirect(self.proposal_url(tie, form.cleaned_data, {"ended_at": None}))
        context = {
            **self.admin_site.each_context(request), "title": "続柄を終わらせる",
            "tie": tie, "form": form, "is_end": True,
        }  # fmt: skip
        status = 422 if form.errors else 200
        page = "admin/consent/standing_form.html"
        return TemplateResponse(request, page, context, status=status)

    def may_propose(self, request):
        return may(request.user, "guardians.keep_out")

    def line_of(self, row, name, told):
        before, after = told["before"].get(name), told["changes"][name]
        if name == "why":
            after = StandingReason(after).label
        elif name == "standing":
            before, after = (GuardianStanding(value).label for value in (before, after))
        elif name == "end_reason":
            after = GuardianshipEndReason(after).label
        return LABELS[name], before or "なし", after

    def people_named(self, row):
        same = {each.guardian_id: each.guardian for each in standing.ties_of_person(row)}
        names = [guardian.full_name for guardian in same.values()]
        return [("だれを", names), ("だれについて", [row.student.full_name])]

    def effects_of(self, row, changes):
        if "end_reason" in changes:
            return ending_ties.effects_of_ending(row)
        return standing_changes.effects_of_standing(row, changes.get("standing", ""))

    def propose(self, row, changes, *, by, reason):
        if "end_reason" in changes:
            return ending_ties.propose_end(row, by=by, why=changes["end_reason"], reason=reason)
        verb = standing_changes.keep_out
        if changes["standing"] == GuardianStanding.DECIDES:
            verb = standing_changes.propose_let_in
        return verb(
            row, by=by, reason=reason, why=changes["why"],
            document_number=changes["document_number"],
        )  # fmt: skip


def _may_set(user, tie):
    return may(user, "guardians.keep_out", tie.student)


def _is_kept_out(tie):
    return tie.standing == GuardianStanding.KEPT_OUT


def _open_act(tie) -> PendingAct | None:
    return pending_acts.open_about(tie, *standing_changes.TO, ending_ties.END)


def _can_end(tie):
    return tie.ended_at is None and tie.standing != GuardianStanding.WAITING
