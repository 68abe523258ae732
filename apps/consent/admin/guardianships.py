"""Staff pages that change what a guardianship lets a guardian do: keep out, let in, end."""

from datetime import date

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path

from apps.consent.services import guardianship_ends, standing_changes, standing_effects
from apps.core import clock
from apps.people.admin_bases.proposals import ProposalAdmin, to_json_value
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import (
    Guardianship,
    GuardianshipEnd,
    GuardianshipEndReason,
    GuardianStanding,
    PendingAct,
    Relation,
    StandingReason,
)
from apps.people.permissions import may
from apps.people.services import act_queries, guardian_standings
from apps.people.services.relations import CannotCorrectRelation, correct_relation

FIELD_LABELS = {"standing": "できること", "why": "わけ", "document_number": "書類の番号", "remind_on": "見なおす日",
          "end_reason": "続柄を終わらせるわけ"}  # fmt: skip
REASONS_TO_KEEP_OUT = [StandingReason.SUPPORT, StandingReason.COURT, StandingReason.CHILD_GUIDANCE,
               StandingReason.CUSTODY, StandingReason.DANGER]  # fmt: skip
REASONS_TO_LET_IN = [StandingReason.OVER, StandingReason.MISTAKE]
REASONS_OF_DECIDING = [StandingReason.CUSTODY, StandingReason.COURT, StandingReason.CHILD_GUIDANCE,
             StandingReason.MISTAKE]  # fmt: skip


class GuardianStandingForm(forms.Form):
    """The reason and the document behind it; the sentence is asked for on the next page."""

    why = forms.ChoiceField(label="わけ", error_messages={"required": "わけを選んでください。"})
    document_number = forms.CharField(
        label="書類の番号",
        max_length=standing_changes.MAX_NUMBER_CHARACTERS,
        help_text="決定書・通知・起案などの番号。まだないときは、受付の番号を書いてください。",
        error_messages={"required": "書類の番号を書いてください。"},
    )

    remind_on = forms.DateField(
        label="見なおす日(あれば)",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="この日から、はじめた人・決めた人と市の「きょう」に出ます。この日が来ても、何も変わりません。",
        error_messages={"invalid": "日を選んでください。"},
    )

    def __init__(self, *args, reasons, **kwargs):
        super().__init__(*args, **kwargs)
        if reasons is REASONS_TO_LET_IN:
            del self.fields["remind_on"]
        self.fields["why"].choices = [
            ("", "選んでください"),
            *((r.value, r.label) for r in reasons),
        ]

    def clean_remind_on(self):
        day = self.cleaned_data["remind_on"]
        if day is not None and day <= clock.today():
            raise forms.ValidationError(standing_changes.PAST_DAY)
        return day

    @property
    def changes(self):
        """The answers as values of a proposal."""
        return {name: to_json_value(value) for name, value in self.cleaned_data.items() if value}


class RelationForm(forms.Form):
    """The guardian's relation to the child, and what the page showed before."""

    relation = forms.ChoiceField(
        label="正しい続柄",
        choices=[("", "選んでください"), *Relation.choices],
        error_messages={"required": "続柄を選んでください。"},
    )
    was = forms.CharField(required=False, widget=forms.HiddenInput)


class GuardianshipEndForm(forms.Form):
    """Why somebody is no longer a guardian."""

    end_reason = forms.ChoiceField(
        label="わけ",
        choices=[("", "選んでください"), *GuardianshipEndReason.choices],
        error_messages={"required": "わけを選んでください。"},
    )


class ReviewFilter(admin.SimpleListFilter):
    """Filter: guardianships whose day of review has come."""

    title, parameter_name = "見なおす日", "review"

    def lookups(self, request, model_admin):
        return [("due", "来た")]

    def queryset(self, request, queryset):
        if self.value() != "due":
            return queryset
        pairs = guardian_standings.standings_to_review(request.user).filter(
            guardian=OuterRef("guardian"), student=OuterRef("student")
        )
        return queryset.filter(Exists(pairs))


@admin.register(Guardianship)
class GuardianshipAdmin(ProposalAdmin, ReadOnlyAdmin):
    """Guardianships for the school's lead and the city; the privacy officer reads and confirms."""

    view_verb = "guardians.standing"
    list_display = ("student", "guardian", "standing", "ended_at")
    list_filter = ("standing", ("ended_at", admin.EmptyFieldListFilter), ReviewFilter)
    list_select_related = ("student", "guardian")
    list_per_page = 50
    search_fields = ("student__family_name", "student__given_name", "student__family_kana",
                     "guardian__family_name", "guardian__given_name")  # fmt: skip
    ordering = ("student__family_kana", "student__given_kana", "pk")
    fields = readonly_fields = (
        "student", "guardian", "relation", "standing", "began_at", "ended_at",
    )  # fmt: skip
    change_form_template = "admin/consent/guardianship.html"

    def get_queryset(self, request):
        visible = guardian_standings.guardianships_visible_to(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=visible)

    def get_urls(self):
        view = self.admin_site.admin_view(self.set_standing)
        end = self.admin_site.admin_view(self.end)
        decide = self.admin_site.admin_view(self.let_decide)
        inform = self.admin_site.admin_view(self.stop_deciding)
        relation = self.admin_site.admin_view(self.relation)
        own = [
            path("<uuid:pk>/standing/", view, name="people_guardianship_standing"),
            path("<uuid:pk>/end/", end, name="people_guardianship_end"),
            path("<uuid:pk>/decide/", decide, name="people_guardianship_decide"),
            path("<uuid:pk>/inform/", inform, name="people_guardianship_inform"),
            path("<uuid:pk>/relation/", relation, name="people_guardianship_relation"),
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        guardianship = self.get_object(request, object_id)
        more = {}
        if guardianship is not None:
            more = {
                "history": guardian_standings.standing_history(guardianship),
                "act_open": _open_act(guardianship),
                "may_set": _may_set(request.user, guardianship),
                "is_kept_out": _is_kept_out(guardianship),
                "may_end": _may_set(request.user, guardianship) and _can_end(guardianship),
                "is_informed": _is_informed(guardianship),
                "decides": _decides(guardianship),
                "may_correct": _may_set(request.user, guardianship)
                and guardianship.ended_at is None,
                "ends": GuardianshipEnd.objects.filter(
                    guardian=guardianship.guardian, student=guardianship.student
                ),
            }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def set_standing(self, request, pk):
        """Ask for the reason and the document; leads to the page that shows the effects."""
        guardianship = get_object_or_404(self.get_queryset(request), pk=pk)
        if not _may_set(request.user, guardianship):
            raise PermissionDenied("この変更をはじめる立場ではありません。")
        is_kept_out = _is_kept_out(guardianship)
        reasons = REASONS_TO_LET_IN if is_kept_out else REASONS_TO_KEEP_OUT
        sent = request.POST if request.method == "POST" else None
        form = GuardianStandingForm(sent, reasons=reasons)
        if request.method == "POST" and form.is_valid():
            to = (
                guardian_standings.former_standing(guardianship)
                if is_kept_out
                else GuardianStanding.KEPT_OUT
            )
            changes = {"standing": to.value, **form.changes}
            return redirect(
                self.proposal_url(guardianship, changes, {"standing": guardianship.standing})
            )
        title = "制限をとく" if is_kept_out else "この子どもについて制限する"
        return self._form_page(request, guardianship, form, title, is_kept_out=is_kept_out)

    def let_decide(self, request, pk):
        """Ask for the document by which an informed guardian may decide; leads to the effects."""
        shown = {"title": "返事を数えるようにする", "is_decide": True}
        return self._step_page(request, pk, _is_informed, GuardianStanding.DECIDES, **shown)

    def stop_deciding(self, request, pk):
        """Ask for the document by which a deciding guardian is only informed; the same way."""
        shown = {"title": "知らせるだけにする", "is_inform": True}
        return self._step_page(request, pk, _decides, GuardianStanding.INFORMED, **shown)

    def _step_page(self, request, pk, is_before, to, *, title, **shown):
        """The form of a step between deciding and being informed."""
        guardianship = get_object_or_404(self.get_queryset(request), pk=pk)
        if not _may_set(request.user, guardianship) or not is_before(guardianship):
            raise PermissionDenied(
                "この変更をはじめる立場ではないか、いまはこの変更ができる続柄ではありません。"
            )
        sent = request.POST if request.method == "POST" else None
        form = GuardianStandingForm(sent, reasons=REASONS_OF_DECIDING)
        if request.method == "POST" and form.is_valid():
            changes = {"standing": to.value, **form.changes}
            return redirect(
                self.proposal_url(guardianship, changes, {"standing": guardianship.standing})
            )
        return self._form_page(request, guardianship, form, title, **shown)

    def relation(self, request, pk):
        """Correct the guardian's relation to the child at once; their rights stay the same."""
        guardianship = get_object_or_404(self.get_queryset(request), pk=pk)
        if not _may_set(request.user, guardianship):
            raise PermissionDenied("続柄を直す立場ではありません。")
        sent = request.POST if request.method == "POST" else None
        form = RelationForm(sent, initial={"was": guardianship.relation})
        if request.method == "POST" and form.is_valid():
            try:
                correct_relation(guardianship, by=request.user, **form.cleaned_data)
                messages.success(request, "続柄を直しました。できることは変わっていません。")
                return redirect("admin:people_guardianship_change", guardianship.pk)
            except CannotCorrectRelation as error:
                form.add_error(None, str(error))
                form.data = {**form.data.dict(), "was": guardianship.relation}
        return self._form_page(request, guardianship, form, "続柄を直す", is_relation=True)

    def _form_page(self, request, guardianship, form, title, **more):
        context = {**self.admin_site.each_context(request), "title": title, "guardianship": guardianship,
                   "form": form, **more}  # fmt: skip
        page = "admin/consent/guardianship_form.html"
        return TemplateResponse(request, page, context, status=422 if form.errors else 200)

    def end(self, request, pk):
        """Ask why the guardianship ends; leads to the page that shows the effects."""
        guardianship = get_object_or_404(self.get_queryset(request), pk=pk)
        if not _may_set(request.user, guardianship):
            raise PermissionDenied("この変更をはじめる立場ではありません。")
        form = GuardianshipEndForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return redirect(self.proposal_url(guardianship, form.cleaned_data, {"ended_at": None}))
        return self._form_page(request, guardianship, form, "続柄を終わらせる", is_end=True)

    def may_propose(self, request):
        return may(request.user, "guardians.keep_out")

    def line_of(self, row, name, change):
        before, after = change["before"].get(name), change["changes"][name]
        if name == "why":
            after = StandingReason(after).label
        elif name == "standing":
            before, after = (GuardianStanding(value).label for value in (before, after))
        elif name == "end_reason":
            after = GuardianshipEndReason(after).label
        return FIELD_LABELS[name], before or "なし", after

    def people_named(self, row):
        same = {
            each.guardian_id: each.guardian
            for each in guardian_standings.guardianships_of_person(row)
        }
        names = [guardian.full_name for guardian in same.values()]
        return [("だれを", names), ("だれについて", [row.student.full_name])]

    def effects_of(self, row, changes):
        if "end_reason" in changes:
            return guardianship_ends.effects_of_ending(row)
        return standing_effects.effects_of_standing(row, changes.get("standing", ""))

    def propose(self, row, changes, *, by, reason):
        if "end_reason" in changes:
            return guardianship_ends.propose_guardianship_end(
                row, by=by, why=changes["end_reason"], reason=reason
            )
        steps = {
            (GuardianStanding.INFORMED, GuardianStanding.DECIDES): standing_changes.propose_let_decide,
            (GuardianStanding.DECIDES, GuardianStanding.INFORMED): standing_changes.propose_stop_deciding,
        }  # fmt: skip
        given = {"by": by, "reason": reason, "why": changes["why"]}
        given["document_number"] = changes["document_number"]
        verb = steps.get((row.standing, changes["standing"]))
        if changes["standing"] == GuardianStanding.KEPT_OUT:
            verb = standing_changes.keep_out
        if verb is None:
            return standing_changes.propose_let_in(row, **given)
        day = changes.get("remind_on")
        return verb(row, remind_on=day and date.fromisoformat(day), **given)


def _may_set(user, guardianship):
    return may(user, "guardians.keep_out", guardianship.student)


def _is_kept_out(guardianship):
    return guardianship.standing == GuardianStanding.KEPT_OUT


def _is_informed(guardianship):
    return guardianship.standing == GuardianStanding.INFORMED and guardianship.ended_at is None


def _decides(guardianship):
    return guardianship.standing == GuardianStanding.DECIDES and guardianship.ended_at is None


def _open_act(guardianship) -> PendingAct | None:
    return act_queries.open_act_about(
        guardianship, *standing_changes.STANDING_ACTS, guardianship_ends.END_GUARDIANSHIP
    )


def _can_end(guardianship):
    return guardianship.ended_at is None and guardianship.standing != GuardianStanding.WAITING
