"""Admin pages of duty rosters: people, hours, approval, the switch, drills and workload."""

from django.contrib import admin, messages
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect

from apps.helpline import words
from apps.helpline.admin.drills import DrillPages
from apps.helpline.admin.duty_inlines import USUAL_HOURS, DutyHoursInline, DutyPersonInline
from apps.helpline.admin.duty_parts import PART_LABELS, STORED_PARTS, part_in_words, reduced_parts
from apps.helpline.admin.student_page_preview import render_admin_page, student_page_sentences
from apps.helpline.forms import (
    ApprovalForm,
    DrillForm,
    DutyRosterForm,
)
from apps.helpline.models import DutyRoster
from apps.helpline.services import (
    calling_status,
    duty_reduction,
    duty_rosters,
    duty_stop,
    transitions,
    workload,
)
from apps.helpline.services import (
    drills as helpline_drills,
)
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.permissions import may, schools_where


@admin.register(DutyRoster)
class DutyRosterAdmin(DrillPages, ProposalAdmin, StaffAdmin):
    """A school's duty roster. It can be switched on only when it is complete."""

    view_verb = "duty.view"
    edit_verb = "duty.edit"
    is_small = True
    form = DutyRosterForm
    fieldsets = [
        ("知らせる順", {"fields": ["school", "first", "second", "last"]}),
        (
            "だれも見ないとき、つぎに知らせるまで(見る時間のなかの分)",
            {"fields": [("second_after", "last_after", "all_after")]},
        ),
    ]
    inlines = [DutyHoursInline, DutyPersonInline]
    list_display = ["school", "is_on", "first_post", "second_post", "last_post"]
    list_select_related = ["school"]

    def get_queryset(self, request):
        own_schools = schools_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(school__in=own_schools)

    def get_readonly_fields(self, request, obj=None):
        return ["school"] if obj else []

    def get_form(self, request, obj=None, change=False, **kwargs):
        base = super().get_form(request, obj, change, **kwargs)

        class OwnSchools(base):
            def __init__(self, *args, **kwargs):
                own_schools = schools_where(request.user, "duty.edit")
                super().__init__(*args, schools=own_schools, **kwargs)

        return OwnSchools

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, DutyHoursInline) and obj._state.adding and request.method == "GET":
            kwargs["initial"] = USUAL_HOURS  # a proposal; when posted, they count as typed
        return kwargs

    def save_model(self, request, obj, form, change):
        duty_rosters.save_roster(obj, by=request.user, fields=form.changed_data)

    def save_related(self, request, form, formsets, change):
        """Propose to a second person what takes hours or people from students; save the rest."""
        roster = form.instance
        held = reduced_parts(roster, formsets) if change and roster.is_on else {}
        is_touched = any(formset.has_changed() for formset in formsets)
        if is_touched and not held and duty_reduction.has_pending_reduction(roster):
            messages.error(request, duty_reduction.REDUCTION_PENDING)
            for formset in formsets:  # read by Django's change message
                formset.new_objects = formset.changed_objects = formset.deleted_objects = []
            return
        if held:
            before = {name: self.stored_value(roster, name) for name in held}
            request.proposal = self.proposal_url(roster, held, before)
        with duty_reduction.without_reduction(roster, held):
            super().save_related(request, form, formsets, change)

    def stored_value(self, row, name):
        return STORED_PARTS[name](row) if name in STORED_PARTS else super().stored_value(row, name)

    def line_of(self, row, name, change):
        if name not in STORED_PARTS:
            return super().line_of(row, name, change)
        return PART_LABELS[name], *(
            part_in_words(name, change[when][name]) for when in ("before", "changes")
        )

    def change_view(self, request, object_id, form_url="", extra_context=None):
        roster = self.get_object(request, object_id)
        commitment = self._commitment_context(request, roster) if roster else {}
        return super().change_view(
            request, object_id, form_url, {**commitment, **(extra_context or {})}
        )

    def _commitment_context(self, request, roster):
        return {
            "roster": roster,
            "act_open": duty_reduction.open_duty_act(roster),
            "missing": duty_rosters.missing_requirements(roster),
            "is_halted": calling_status.is_calling_halted(),
            "may_edit": may(request.user, "duty.edit", roster),
            "may_approve": may(request.user, "duty.approve", roster),
            "may_drill": may(request.user, "duty.drill", roster),
            "last_drill": helpline_drills.drills_visible_to(request.user)
            .filter(school=roster.school)
            .first(),
            "drill_form": DrillForm(),
        }

    # -- switch and approval ----------------------------------------------------------------------

    @page("<uuid:pk>/switch/", "helpline_switch")
    def switch_page(self, request, pk):
        """Switch the roster on or off; refuses with everything that is missing."""
        roster = self._roster(request, pk, "duty.edit")
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if request.POST.get("to") == "off":
            return redirect(self.proposal_url(roster, {"is_on": False}, {"is_on": roster.is_on}))
        self._try(request, duty_rosters.switch_on, roster, success_message="受け付けを始めました。")
        return redirect("admin:helpline_dutyroster_change", pk)

    def effects_of(self, row, changes):
        if "is_on" in changes:
            return duty_stop.effects_of_stopping(row)
        return duty_reduction.effects_of_reduction(row, changes)

    def propose(self, row, changes, *, by, reason):
        if "is_on" not in changes:
            return duty_reduction.propose_reduction(row, changes, by=by, reason=reason)
        return duty_stop.propose_stop(row, by=by, reason=reason)

    @page("<uuid:pk>/approve/", "helpline_approve")
    def approve_page(self, request, pk):
        """Page with the sentences students read and the order of calling; records an approval."""
        roster = self._roster(request, pk, "duty.approve")
        form = ApprovalForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            facts = {name: form.cleaned_data[name] for name in ("name", "role", "approved_on")}
            facts["seen"] = request.POST.get("seen", "")
            if self._try(
                request,
                duty_rosters.record_approval,
                roster,
                success_message="確認を記録しました。",
                **facts,
            ):
                return redirect("admin:helpline_dutyroster_change", pk)
            roster.refresh_from_db()
        context = {
            "title": "専門の人の確認",
            "roster": roster,
            "seen": duty_rosters.duty_digest(roster),
            "form": form,
            "pages": student_page_sentences(request),
            "sentences": words.all_student_sentences(roster.second_after),
            "version": words.WORDS_VERSION,
        }
        status = 422 if form.is_bound else 200
        return render_admin_page(self.admin_site, request, "approve", context, status)

    # -- workload ---------------------------------------------------------------------------------

    @page("load/", "helpline_load")
    def load_page(self, request):
        """The workload: what waits, for how long, and for whom."""
        if not may(request.user, "duty.drill"):
            raise Http404
        context = {
            "title": "話したい: 負担のようす",
            "loads": workload.school_workloads(request.user),
        }
        return render_admin_page(self.admin_site, request, "load", context)

    # -- helpers ----------------------------------------------------------------------------------

    def _roster(self, request, pk, verb):
        roster = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may(request.user, verb, roster):
            raise Http404
        return roster

    def _try(self, request, verb, roster, *, success_message, **facts):
        try:
            done = verb(roster, by=request.user, **facts)
        except transitions.DutyCommitmentRefused as refused:
            for sentence in refused.sentences:
                messages.error(request, sentence)
            return None
        messages.success(request, success_message)
        return done

    @admin.display(description="はじめの人")
    def first_post(self, roster):
        return _post_of(roster.first, roster)

    @admin.display(description="つぎの人")
    def second_post(self, roster):
        return _post_of(roster.second, roster)

    @admin.display(description="さいごの人")
    def last_post(self, roster):
        return _post_of(roster.last, roster)


def _post_of(user, roster):
    if user is None:
        return "(まだ)"
    posts = [post for post in user.current_posts if post.school_id == roster.school_id]
    return posts[0].get_role_display() if posts else "(いまは この学校に いません)"
