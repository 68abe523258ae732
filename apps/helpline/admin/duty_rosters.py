"""Admin pages of duty rosters: people, hours, approval, the switch, drills and workload."""

from django.contrib import admin, messages
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import path

from apps.core.templatetags.japanese import plain
from apps.helpline import words
from apps.helpline.admin.student_page_preview import render_admin_page, student_page_sentences
from apps.helpline.forms import (
    ApprovalForm,
    ContactField,
    DrillForm,
    DutyHoursFormSet,
    DutyPersonForm,
    DutyRosterForm,
    staff_accounts_at,
)
from apps.helpline.models import DutyHours, DutyPerson, DutyRoster
from apps.helpline.services import (
    calling_status,
    duty_reduction,
    duty_rosters,
    duty_stop,
    replies,
    transitions,
    workload,
)
from apps.helpline.services import (
    drills as helpline_drills,
)
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.permissions import may, schools_where

PART_BY_MODEL = {DutyHours: "hours", DutyPerson: "people"}
STORED_PARTS = {"hours": duty_reduction.stored_hours, "people": duty_reduction.listed_person_ids}
PART_LABELS = {"hours": "見る時間", "people": "名前でえらべる人"}
USUAL_HOURS = [{"weekday": n, "opens_at": "08:30", "closes_at": "16:30"} for n in range(5)]


class _DutyInline(admin.StackedInline):
    extra = 0

    def has_view_permission(self, request, obj=None):
        return may(request.user, "duty.view", obj)

    def has_add_permission(self, request, obj=None):
        return may(request.user, "duty.edit", obj)

    has_change_permission = has_delete_permission = has_add_permission


class DutyHoursInline(_DutyInline):
    model = DutyHours
    fields = [("weekday", "opens_at", "closes_at")]
    formset = DutyHoursFormSet
    max_num = 7

    def get_extra(self, request, obj=None, **kwargs):
        return 0 if obj else len(USUAL_HOURS)


class DutyPersonInline(_DutyInline):
    model = DutyPerson
    fields = [("person", "answers_as"), ("shown_name", "is_listed")]
    form = DutyPersonForm

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "person":
            return ContactField(
                staff_accounts_at(schools_where(request.user, "duty.edit")), label="人"
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(DutyRoster)
class DutyRosterAdmin(ProposalAdmin, StaffAdmin):
    """A school's duty roster. It can be switched on only when it is complete."""

    view_verb = "duty.view"
    edit_verb = "duty.edit"
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
        mine = schools_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(school__in=mine)

    def get_readonly_fields(self, request, obj=None):
        return ["school"] if obj else []

    def get_form(self, request, obj=None, change=False, **kwargs):
        base = super().get_form(request, obj, change, **kwargs)

        class OwnSchools(base):
            def __init__(self, *args, **kwargs):
                mine = schools_where(request.user, "duty.edit")
                super().__init__(*args, schools=mine, **kwargs)

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
        held = _reduced_parts(roster, formsets) if change and roster.is_on else {}
        is_touched = any(formset.has_changed() for formset in formsets)
        if is_touched and not held and duty_reduction.has_pending_reduction(roster):
            messages.error(request, duty_reduction.REDUCTION_PENDING)
            for formset in formsets:  # read by Django's change message
                formset.new_objects = formset.changed_objects = formset.deleted_objects = []
            return
        if held:
            before = {name: self.kept(roster, name) for name in held}
            request.proposal = self.proposal_url(roster, held, before)
        with duty_reduction.without_reduction(roster, held):
            super().save_related(request, form, formsets, change)

    def kept(self, row, name):
        return STORED_PARTS[name](row) if name in STORED_PARTS else super().kept(row, name)

    def line_of(self, row, name, change):
        if name not in STORED_PARTS:
            return super().line_of(row, name, change)
        return PART_LABELS[name], *(
            _in_words(name, change[when][name]) for when in ("before", "changes")
        )

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/switch/", view(self.switch_page), name="helpline_switch"),
            path("<uuid:pk>/approve/", view(self.approve_page), name="helpline_approve"),
            path("<uuid:pk>/drill/", view(self.start_page), name="helpline_drill_start"),
            path("drills/", view(self.drills_page), name="helpline_drills"),
            path("drills/<uuid:pk>/", view(self.drill_page), name="helpline_drill"),
            path("load/", view(self.load_page), name="helpline_load"),
            *super().get_urls(),
        ]

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

    def switch_page(self, request, pk):
        """Switch the roster on or off; refuses with everything that is missing."""
        roster = self._roster(request, pk, "duty.edit")
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if request.POST.get("to") == "off":
            return redirect(self.proposal_url(roster, {"is_on": False}, {"is_on": roster.is_on}))
        self._try(request, duty_rosters.switch_on, roster, said="受け付けを始めました。")
        return redirect("admin:helpline_dutyroster_change", pk)

    def effects_of(self, row, changes):
        if "is_on" in changes:
            return duty_stop.effects_of_stopping(row)
        return duty_reduction.effects_of_reduction(row, changes)

    def propose(self, row, changes, *, by, reason):
        if "is_on" not in changes:
            return duty_reduction.propose_reduction(row, changes, by=by, reason=reason)
        return duty_stop.propose_stop(row, by=by, reason=reason)

    def approve_page(self, request, pk):
        """Page with the sentences students read and the order of calling; records an approval."""
        roster = self._roster(request, pk, "duty.approve")
        form = ApprovalForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            facts = {name: form.cleaned_data[name] for name in ("name", "role", "approved_on")}
            facts["seen"] = request.POST.get("seen", "")
            if self._try(
                request, duty_rosters.record_approval, roster, said="確認を記録しました。", **facts
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

    # -- drills and workload ----------------------------------------------------------------------

    def start_page(self, request, pk):
        """Start a drill of this school's escalation."""
        roster = self._roster(request, pk, "duty.drill")
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = DrillForm(request.POST)
        if form.is_valid():
            drill = self._try(request, helpline_drills.start_drill, roster, said="練習を始めました。",
                              **form.cleaned_data)  # fmt: skip
            if drill:
                return redirect("admin:helpline_drill", drill.pk)
        return redirect("admin:helpline_dutyroster_change", pk)

    def drills_page(self, request):
        """The drills so far, newest first."""
        if not may(request.user, "help.answer"):
            raise Http404
        drills = helpline_drills.drills_visible_to(request.user)[:24]
        context = {"title": "練習の記録", "drills": drills}
        return render_admin_page(self.admin_site, request, "drills", context)

    def drill_page(self, request, pk):
        """One drill: each step's planned and actual time, calls, who acknowledged; buttons 見ました and end."""
        drill = get_object_or_404(helpline_drills.drills_visible_to(request.user), pk=pk)
        may_end = may(request.user, "duty.drill", drill)
        if request.method == "POST":
            if request.POST.get("do") == "end" and may_end:
                helpline_drills.end_drill(drill, by=request.user)
            else:
                helpline_drills.acknowledge_drill(drill, by=request.user)
            return redirect("admin:helpline_drill", pk)
        steps = replies.steps_with_calls(drill)
        context = {
            "title": "練習(生徒からのものではありません)",
            "drill": drill,
            "steps": steps,
            "waits_for_me": helpline_drills.awaits_acknowledgement(drill, request.user),
            "may_end": may_end and drill.ended_at is None,
        }
        return render_admin_page(self.admin_site, request, "drill", context)

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

    def _try(self, request, verb, roster, *, said, **facts):
        try:
            done = verb(roster, by=request.user, **facts)
        except transitions.DutyCommitmentRefused as refused:
            for sentence in refused.sentences:
                messages.error(request, sentence)
            return None
        messages.success(request, said)
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


def _reduced_parts(roster, formsets):
    """{part: new value} of those parts of a form that take something from students."""
    wanted = {
        PART_BY_MODEL[each.model]: POSTED_PARTS[PART_BY_MODEL[each.model]](each)
        for each in formsets
    }
    return {
        name: value
        for name, value in wanted.items()
        if duty_reduction.effects_of_reduction(roster, {name: value}).kind
    }


def _rows_of(formset):
    """The rows a formset would leave: [cleaned data], with the id of a stored row as "pk"."""
    forms = [each for each in formset.forms if each not in formset.deleted_forms]
    kept = [each for each in forms if each.has_changed() or not each.instance._state.adding]
    return [
        {**each.cleaned_data, "row": each.instance}
        for each in kept
        if any(each.cleaned_data.values())
    ]


def _hours_read(formset):
    rows = sorted(_rows_of(formset), key=lambda row: row["weekday"])
    return [
        [row["weekday"], f"{row['opens_at']:%H:%M}", f"{row['closes_at']:%H:%M}"] for row in rows
    ]


def _people_read(formset):
    rows = _rows_of(formset)
    return sorted(str(row["row"].pk) for row in rows if row["is_listed"])


POSTED_PARTS = {"hours": _hours_read, "people": _people_read}


def _in_words(name, value):
    if name == "hours":
        return duty_reduction.hours_in_words(value) or "なし"
    shown = DutyPerson.objects.filter(pk__in=value).values_list("shown_name", flat=True)
    return "、".join(plain(one) for one in shown) or "なし"
