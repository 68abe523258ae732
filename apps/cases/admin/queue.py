"""The list of cases in the order in which to look: without names, paged by key."""

from django.contrib import admin
from django.http import Http404
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince

from apps.cases.admin import queue_filters
from apps.cases.admin.begin_pages import VERB as BEGIN_VERB
from apps.cases.admin.begin_pages import BeginningAdmin
from apps.cases.admin.meeting_picks import AgendaPickingAdmin
from apps.cases.services import case_load, case_queue
from apps.cases.services.help_request_signs import request_signs_for
from apps.cases.words import NOT_A_JUDGEMENT
from apps.helpline.services import family_requests
from apps.people.admin_bases.paged_lists import PagedChangeList
from apps.people.admin_bases.pages import page
from apps.people.permissions import may


class QueueList(PagedChangeList):
    """A page of the queue: each case has its CaseRow."""

    def get_queryset(self, request, *args, **kwargs):
        return case_queue.with_rows(super().get_queryset(request, *args, **kwargs))

    def get_results(self, request):
        super().get_results(request)
        for case, row in zip(self.result_list, case_queue.rows_of(self.result_list), strict=True):
            case.row = row


class QueueAdmin(BeginningAdmin, AgendaPickingAdmin):
    """For the admin of cases: its list is 「見る順」."""

    view_verb = "cases.view"
    ordering = case_queue.ORDER
    list_display = ["kind", "of_student", "why", "missing", "waits", "held_by"]
    list_display_links = ["of_student"]
    list_filter = [
        queue_filters.StateFilter,
        queue_filters.HolderFilter,
        queue_filters.ClassFilter,
        queue_filters.RuleFilter,
        queue_filters.DueFilter,
    ]
    list_per_page = 30
    search_fields = ["holder_role"]
    search_help_text = "学級・決まり(R3など)・状態・担当。生徒の名前では探せません。"
    change_list_template = "admin/cases/queue.html"

    def get_queryset(self, request):
        return case_queue.visible_cases(request.user)

    def get_ordering(self, request):
        return case_queue.order_for(request.user)

    def get_changelist(self, request, **kwargs):
        return QueueList

    def get_search_results(self, request, queryset, search_term):
        """By class, rule, state and holder: every word must name one of them."""
        for word in search_term.split():
            queryset = queryset.filter(queue_filters.found_by(word))
        return queryset, bool(search_term)

    def changelist_view(self, request, extra_context=None):
        """The queue, the first to look at first."""
        self._check_verb(request)
        more = {
            "title": "見る順",
            "requests": request_signs_for(request.user),
            "family_requests": family_requests.requests_to_follow(request.user),
            "not_a_judgement": NOT_A_JUDGEMENT,
            "may_begin": may(request.user, BEGIN_VERB),
        }
        return super().changelist_view(request, more | (extra_context or {}))

    @page("load/", "cases_load")
    def load_page(self, request):
        """Who holds how many open cases in this person's care."""
        self._check_verb(request)
        context = {"holders": case_load.holders_for(request.user)}
        return self.render_page(request, "admin/cases/load.html", "担当の件数", context)

    @admin.display(description="種類")
    def kind(self, case):
        row = case.row
        colour = "aka" if row.is_urgent else "murasaki" if row.is_sign else "plain"
        return format_html('<span class="badge badge--{}">{}</span>', colour, row.kind)

    @admin.display(description="生徒")
    def of_student(self, case):
        return f"{case.row.class_title} の生徒"

    @admin.display(description="なぜ出ているか")
    def why(self, case):
        return "・".join(case.row.why) or "—"

    @admin.display(description="見えていないもの")
    def missing(self, case):
        return format_html_join("", "<small>{}</small>", ((one,) for one in case.row.missing))

    @admin.display(description="待ち")
    def waits(self, case):
        return timesince(case.row.since) + (
            "(次の確認の日が来ています)" if case.row.is_overdue else ""
        )

    @admin.display(description="担当")
    def held_by(self, case):
        return case.row.holder or "だれも見ていません"

    def _check_verb(self, request):
        """Raise 404 for who may not see cases at all."""
        if not self.has_view_permission(request):
            raise Http404
