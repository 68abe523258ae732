"""Admin pages of the directory: editing, checking against the source, publishing, withdrawing."""

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from apps.core.templatetags.japanese import plain
from apps.notices import hours_text, opening_hours, ruby_checks, text_search
from apps.notices.admin.organisation_files import OrganisationFilesMixin
from apps.notices.forms import RUBY_HELP, HoursExceptionForm, OrganisationForm, VerifyForm
from apps.notices.models import (
    HoursException,
    OpeningHours,
    OrganisationIcon,
    PublishState,
    SupportNeed,
    SupportOrganisation,
)
from apps.notices.services import (
    edit_expiry,
    hidden_content,
    notice_reach,
    organisations,
    pending_edits,
    publication_rules,
)
from apps.people import grades
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.permissions import may, municipalities_where


class _Hours(admin.StackedInline):
    extra = 0

    def has_view_permission(self, request, obj=None):
        return may(request.user, "notices.view")

    def _edits(self, request, obj=None):
        own = obj is None or obj.municipality_id is not None
        return own and may(request.user, "notices.edit", obj)

    has_add_permission = has_change_permission = has_delete_permission = _edits


class OpeningHoursInline(_Hours):
    model = OpeningHours
    fields = [("weekday", "opens_at", "closes_at")]
    verbose_name_plural = "時間(おわりが はじまりより 早ければ、つぎの朝まで)"

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "weekday":
            return OrganisationForm.weekday_field()
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class HoursExceptionInline(_Hours):
    model = HoursException
    form = HoursExceptionForm
    fields = [("begins_on", "ends_on", "every_year"), ("opens_at", "closes_at", "note")]


class StaleOrganisationFilter(admin.SimpleListFilter):
    title = "確かめ"
    parameter_name = "check"

    def lookups(self, request, model_admin):
        return [("due", "確かめなおす(180日を過ぎた・まだ)")]

    def queryset(self, request, queryset):
        if self.value() == "due":
            return queryset.filter(pk__in=organisations.organisations_to_verify(request.user))
        return queryset


@admin.register(SupportOrganisation)
class SupportOrganisationAdmin(ProposalAdmin, OrganisationFilesMixin, StaffAdmin):
    refusals = (publication_rules.PublicationRefused,)
    view_verb, edit_verb = "notices.view", "notices.edit"
    list_display = ["title", "state", "phone", "checked", "page_link"]
    list_filter = ["state", StaleOrganisationFilter]
    search_fields = ["name", "helps_with"]
    is_small = True
    form = OrganisationForm
    inlines = [OpeningHoursInline, HoursExceptionInline]
    fieldsets = [
        (None, {"fields": ["name", "mark", "summary", "needs", "helps_with", "for_whom"]}),
        ("連絡のしかた", {"fields": ["phone", "chat_url", "line_url", "web_url", "place", "address"]}),
        ("時間", {"fields": ["is_always_open", "rests_on_holidays", "hours_note"]}),
        ("知っておきたいこと", {"fields": ["cost", "is_anonymous", "languages", "first_talk", "order"]}),
    ]  # fmt: skip

    def get_queryset(self, request):
        own_municipalities = municipalities_where(request.user, self.view_verb)
        found = super().get_queryset(request)
        return found.filter(municipality=None) | found.filter(municipality__in=own_municipalities)

    def has_change_permission(self, request, obj=None):
        # National organisations are the same for everybody: a city edits only its own.
        own = obj is None or obj.municipality_id is not None
        return own and super().has_change_permission(request, obj)

    @admin.display(description="名前", ordering="name")
    def title(self, obj):
        return plain(obj.name)

    @admin.display(description="確かめた日", ordering="verified_on")
    def checked(self, obj):
        return f"{obj.verified_on or '—'}{' 確かめなおす' if obj.is_stale else ''}"

    @admin.display(description="見本・確かめ・公開")
    def page_link(self, obj):
        url = reverse("admin:notices_supportorganisation_review", args=[obj.pk])
        return format_html('<a href="{}">見本と確かめ</a>', url)

    def get_search_results(self, request, queryset, search_term):
        """Names have ruby: they are found as people write or read them (a few dozen rows)."""
        rows = queryset.values_list("pk", "name", "helps_with", "phone") if search_term else ()
        found = [pk for pk, *texts in rows if text_search.matches_query(search_term, texts)]
        return (queryset.filter(pk__in=found) if search_term else queryset), False

    # -- writing --

    def _own_municipality(self, request):
        return min(municipalities_where(request.user, self.edit_verb), default=None)

    def get_form(self, request, obj=None, change=False, **kwargs):
        base = super().get_form(request, obj, change=change, **kwargs)
        own_municipality = obj.municipality_id if obj else self._own_municipality(request)
        return type(base.__name__, (base,), {"municipality_id": own_municipality})

    def save_model(self, request, obj, form, change):
        """Save a new organisation; a changed one is saved later, with its hours."""
        if not change:
            obj.municipality_id = self._own_municipality(request)
            super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        fields = list(form.changed_data)
        fields += ["hours"] if formsets[0].has_changed() else []
        fields += ["exceptions"] if formsets[1].has_changed() else []
        if change and pending_edits.needs_second_person(form.instance, fields):
            self._ask_second(request, form, formsets, fields)
            return
        if change:
            super().save_model(request, form.instance, form, change)
        super().save_related(request, form, formsets, change)
        organisations.change_organisation(form.instance, by=request.user, fields=fields)
        _warn_of_kanji(request, form.instance)

    def _ask_second(self, request, form, formsets, fields):
        """Save nothing: redirect to the page that shows the values before and after."""
        stored = SupportOrganisation.objects.get(pk=form.instance.pk)
        week = pending_edits.week_to_json(week_from_forms(*formsets))
        changes = {
            name: week[name] if name in week else self.stored_value(form.instance, name)
            for name in fields
        }
        before = {name: self.stored_value(stored, name) for name in fields}
        request.proposal = self.proposal_url(stored, changes, before)

    def construct_change_message(self, request, form, formsets, add=False):
        """No changes where they were only proposed."""
        if hasattr(request, "proposal"):
            return []
        return super().construct_change_message(request, form, formsets, add)

    def stored_value(self, row, name):
        if name in pending_edits.WEEK_FIELDS:
            return pending_edits.week_to_json(organisations.opening_week(row))[name]
        return super().stored_value(row, name)

    def line_of(self, row, name, change):
        if name in CODE_LABELS:
            return row._meta.get_field(name).verbose_name, *(
                _labels(CODE_LABELS[name], change[when][name]) for when in ("before", "changes")
            )
        if name not in pending_edits.WEEK_FIELDS:
            return super().line_of(row, name, change)
        weeks = [pending_edits.week_from_json(change[when]) for when in ("before", "changes")]
        if name == "hours":
            return "時間", *(hours_text.write_openings(week.openings) or "空" for week in weeks)
        return "いつもと ちがう日", *(
            hours_text.write_specials(week.specials) or "空" for week in weeks
        )

    def response_add(self, request, obj, post_url_continue=None):
        return redirect("admin:notices_supportorganisation_review", obj.pk)

    def response_change(self, request, obj):
        if hasattr(request, "proposal"):
            return redirect(request.proposal)
        return redirect("admin:notices_supportorganisation_review", obj.pk)

    # -- reviewing, checking, publishing --

    @page(
        "<uuid:pk>/look/",
        "notices_supportorganisation_review",
        require_http_methods(["GET", "POST"]),
    )
    def review_page(self, request, pk):
        """The review page: an organisation as people see it, when it was checked, and the actions."""
        found = self.get_queryset(request).prefetch_related("opening_hours", "exceptions")
        one = found.filter(pk=pk).first()
        if one is None or not self.has_view_permission(request):
            raise Http404
        form = VerifyForm(request.POST if request.POST.get("verb") == "verify" else None)
        if request.method == "POST" and (answer := self._act(request, one, form)):
            return answer
        bare, bare_to = _bare(one)
        context = {
            **self.admin_site.each_context(request),
            "title": "窓口の見本と確かめ",
            "place": organisations.organisation_status(one),
            "steps": [line for line in one.first_talk.splitlines() if line.strip()],
            "form": form,
            "seen": self.seen_of(request, one),
            "checks": one.verifications.select_related("municipality")[:5],
            "bare": bare,
            "bare_to": bare_to,
            "is_edit_lapsed": edit_expiry.has_edit_expired(one),
            "is_back_as_draft": hidden_content.is_restored_as_draft(one),
            "may_verify": may(request.user, "notices.edit") and organisations.may_be_verified(one),
            "act_open": hidden_content.pending_hiding(one) or pending_edits.pending_edit(one),
            "may_change": self.has_change_permission(request, one),
        }
        status = 422 if form.is_bound else 200
        return render(request, "admin/notices/organisation.html", context, status=status)

    def effects_of(self, row, changes):
        hides = changes.get("state") == PublishState.WITHDRAWN
        return (
            hidden_content.hiding_effects(row)
            if hides
            else pending_edits.edit_effects(row, changes)
        )

    def propose(self, row, changes, *, by, reason):
        if changes.get("state") == PublishState.WITHDRAWN:
            return hidden_content.hide(row, by=by, reason=reason)
        return pending_edits.propose_edit(row, changes, by=by, reason=reason)

    def back_url(self, row):
        return reverse("admin:notices_supportorganisation_review", args=[row.pk])

    def _act(self, request, one, form):
        """Do the chosen action; None where the form has errors."""
        if not may(request.user, "notices.edit", one):
            raise Http404
        verb = request.POST.get("verb")
        if verb == "verify" and not form.is_valid():
            return None
        if verb != "verify" and not self.has_change_permission(request, one):
            raise Http404
        verbs = {
            "verify": lambda: organisations.verify_organisation(
                one, by=request.user, source_url=form.cleaned_data["source_url"]
            ),
            "publish": lambda: organisations.publish_organisation(one, by=request.user),
        }
        if verb == "withdraw":
            changes, before = {"state": PublishState.WITHDRAWN}, {"state": one.state}
            return redirect(self.proposal_url(one, changes, before))
        if verb not in verbs:
            raise Http404
        seen = self.seen_of(request, one)
        if verb != "withdraw" and request.POST.get("seen", "") != seen:
            messages.error(request, CHANGED_MEANWHILE)
            return redirect("admin:notices_supportorganisation_review", one.pk)
        try:
            verbs[verb]()
            messages.success(request, DONE_MESSAGES[verb])
        except publication_rules.PublicationRefused as error:
            messages.error(request, str(error))
        return redirect("admin:notices_supportorganisation_review", one.pk)


CHANGED_MEANWHILE = (
    "見ているあいだに、ほかの人が変えました。いまの内容を確かめてから、もう一度押してください。"
)
DONE_MESSAGES = {
    "verify": "確かめた ことを 記録しました。",
    "publish": "公開しました。",
    "withdraw": "取り下げました。",
}
CODE_LABELS = {"needs": dict(SupportNeed.choices), "mark": dict(OrganisationIcon.choices)}


def _labels(labels, codes):
    codes = codes if isinstance(codes, list) else [codes]
    return "、".join(plain(labels[code]) for code in codes if code in labels) or "空"


def week_from_forms(openings, exceptions):
    """The OpeningWeek of two formsets, without saving them."""
    return opening_hours.OpeningWeek(
        openings=tuple(
            opening_hours.OpeningSlot(one["weekday"], one["opens_at"], one["closes_at"])
            for one in _rows(openings)
        ),
        specials=tuple(
            opening_hours.SpecialHours(one["begins_on"], one["ends_on"], one["every_year"], one["opens_at"],
                          one["closes_at"], one["note"])
            for one in _rows(exceptions)
        ),
    )  # fmt: skip


def _rows(formset):
    """The values of each filled row that is not to be deleted."""
    filled = [form.cleaned_data for form in formset.forms if form not in formset.deleted_forms]
    return [row for row in filled if len(row) > 1]


RUBY_FIELDS = (
    "name",
    "summary",
    "helps_with",
    "for_whom",
    "place",
    "hours_note",
    "cost",
    "first_talk",
)


def _bare(one):
    """(Kanji without a reading that students have not learnt, the grade meant)."""
    grade = notice_reach.youngest_student(one.municipality_id)
    texts = [getattr(one, name) for name in RUBY_FIELDS]
    return ruby_checks.kanji_without_reading(*texts, grade=grade), grades.GRADE_NAMES.get(grade, "")


def _warn_of_kanji(request, one):
    bare, grade = _bare(one)
    if bare:
        whose = f"{grade}が まだ 習って いない、" if grade else ""
        runs = "、".join(bare[:12])
        messages.warning(request, f"{whose}ふりがなの ない 漢字: {runs}。{RUBY_HELP}")
