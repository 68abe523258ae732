"""Admin page of protection checks (支援措置を確かめた日): without one a school prints no letters."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render

from apps.core import clock
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import ProtectionCheck
from apps.people.permissions import may, rows_where, schools_where
from apps.people.services import school_calendar

RECORD_VERB = "protection.record"
DATE_IN_FUTURE = "きょうより後の日は書けません。確かめた日を書いてください。"
CHECKED_HELP = (
    "住民基本台帳の支援措置(DV・ストーカー・児童虐待など)を受けている子どもがいるかを、"
    "市の担当課に確かめた日です。"
)
NONE_HELP = (
    "いないときは、しるしを付けます。いるときは、しるしを付けずに、手紙を印刷する前に、"
    "その子どもの「続柄」で、知られては困る保護者を制限してください。"
)
RECORDED = "{school}の支援措置を確かめた日を記録しました。学校は手紙を印刷できます。"


class ProtectionCheckForm(forms.ModelForm):
    """A school in this person's care, and a day that is not in the future."""

    class Meta:
        model = ProtectionCheck
        fields = ("school", "checked_on", "none_known")
        help_texts = {"checked_on": CHECKED_HELP, "none_known": NONE_HELP}
        widgets = {"checked_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = schools_where(by, RECORD_VERB).order_by("name")

    def clean_checked_on(self):
        day = self.cleaned_data["checked_on"]
        if day > clock.today():
            raise forms.ValidationError(DATE_IN_FUTURE)
        return day


@admin.register(ProtectionCheck)
class ProtectionCheckAdmin(ReadOnlyAdmin):
    """One row per check, never changed; a later check is a new row."""

    view_verb = "protection.view"
    is_small = True
    list_display = ["school", "checked_on", "none_known", "recorded_by", "recorded_at"]
    list_select_related = ["school", "recorded_by"]
    fields = list_display
    change_list_template = "admin/people/protection_list.html"

    def get_queryset(self, request):
        return super().get_queryset(request).filter(rows_where(request.user, self.view_verb))

    def changelist_view(self, request, extra_context=None):
        more = {"may_record": may(request.user, RECORD_VERB)}
        return super().changelist_view(request, more | (extra_context or {}))

    @page("record/", "people_protection_record")
    def record(self, request):
        """The form; submitted twice it makes one row."""
        if not may(request.user, RECORD_VERB):
            raise PermissionDenied("支援措置を確かめた日を記録する立場ではありません。")
        form = ProtectionCheckForm(request.POST or None, by=request.user)
        if request.method == "POST" and form.is_valid():
            check = school_calendar.record_protection_check(
                form.save(commit=False), by=request.user
            )
            messages.success(request, RECORDED.format(school=check.school))
            return redirect("admin:people_protectioncheck_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": "支援措置を確かめた日を記録する", "form": form,
        }  # fmt: skip
        status = 422 if form.errors else 200
        return render(request, "admin/people/protection_record.html", context, status=status)
