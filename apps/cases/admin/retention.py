"""The city's page of how long casework is kept, and what is deleted next."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from apps.cases.models import CaseRetention
from apps.cases.models.retention import FEWEST_YEARS, MOST_YEARS
from apps.cases.services import case_retention
from apps.cases.services.case_retention import CannotSetRetention
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import Municipality
from apps.people.permissions import may, municipalities_where

LIST = "admin:cases_caseretention_changelist"


def years_field(label, help_text):
    """A number of years."""
    return forms.IntegerField(
        label=label,
        min_value=FEWEST_YEARS,
        max_value=MOST_YEARS,
        help_text=help_text,
        error_messages={
            "required": f"{label}を書いてください。",
            "invalid": "数で書いてください。",
            "min_value": f"{FEWEST_YEARS}年より長くしてください。",
            "max_value": f"{MOST_YEARS}年までです。",
        },
    )


class RetentionForm(forms.Form):
    """For how many years casework is kept after its end."""

    years = years_field(
        "支援のケースを残す年数", "ケースが終わった日から数えます。出来事の記録も同じです。"
    )
    protective_years = years_field(
        "守るためのケースを残す年数", "支援のケースと同じか、それより長くします。"
    )


@admin.register(CaseRetention)
class CaseRetentionAdmin(ReadOnlyAdmin):
    """The years of the city: set by one person, confirmed by another, with what is due next."""

    view_verb = case_retention.VIEW_VERB
    is_small = True
    list_display = ("municipality", "years", "protective_years", "asked_at", "confirmed_at")
    list_display_links = None
    change_list_template = "admin/cases/retention.html"

    def get_queryset(self, request):
        own = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=own)

    def changelist_view(self, request, extra_context=None):
        """The years in force and those that wait, what is deleted next, and the form."""
        if not self.has_view_permission(request):
            raise Http404
        return super().changelist_view(request, self._context(request) | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """A decision has no page of its own."""
        raise Http404

    @page("<uuid:pk>/ask/", "cases_retention_ask", require_POST)
    def ask_page(self, request, pk):
        """Write the years of a municipality; the same again changes nothing."""
        cities = municipalities_where(request.user, case_retention.EDIT_VERB)
        city = get_object_or_404(Municipality.objects.filter(pk__in=cities), pk=pk)
        form = RetentionForm(request.POST)
        try:
            if form.is_valid():
                case_retention.ask_retention(city, by=request.user, **form.cleaned_data)
                messages.success(
                    request, "残しました。個人情報保護の担当が確かめると、使われます。"
                )
                return redirect(LIST)
        except CannotSetRetention as error:
            form.add_error(None, str(error))
        answer = super().changelist_view(request, self._context(request, (city.pk, form)))
        answer.status_code = 422
        return answer

    @page("<uuid:pk>/confirm/", "cases_retention_confirm", require_POST)
    def confirm_page(self, request, pk):
        """Confirm the years as the second person; twice is once."""
        row = get_object_or_404(case_retention.visible_retentions(request.user), pk=pk)
        try:
            case_retention.confirm_retention(row, by=request.user)
            messages.success(request, "確かめました。つぎの夜から、この年数で消します。")
        except (CannotSetRetention, PermissionDenied) as error:
            messages.error(request, str(error))
        return redirect(LIST)

    def _context(self, request, bound=None):
        cities = Municipality.objects.filter(
            pk__in=municipalities_where(request.user, self.view_verb)
        )
        own = municipalities_where(request.user, case_retention.EDIT_VERB)
        return {
            "title": "支援の記録を残す年数",
            "cities": [self._city(request, city, city.pk in own, bound) for city in cities],
        }

    def _city(self, request, city, may_edit, bound):
        waiting = case_retention.waiting_retention(city.pk)
        form = bound[1] if bound and bound[0] == city.pk else RetentionForm()
        return {
            "city": city,
            "kept": case_retention.retention_of(city.pk),
            "waiting": waiting,
            "may_confirm": waiting is not None
            and case_retention.may_confirm(waiting, request.user),
            "due": case_retention.due_next_month(city.pk),
            "form": form if may_edit and may(request.user, case_retention.EDIT_VERB) else None,
        }
