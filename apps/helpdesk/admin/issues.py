"""Staff pages of the register of issues: anybody of the three writes, the city sorts and answers."""

from django import forms
from django.contrib import admin

from apps.helpdesk.models import IssueOrigin, SupportIssue
from apps.helpdesk.services import issues
from apps.people.admin_bases.city_rows import CityRowAdmin
from apps.people.models import Role
from apps.people.permissions import may, posts_with

RECORD_VERB = "issues.record"
SORTED = ["state", "priority", "answer", "is_answer_shown"]


class SupportIssueForm(forms.ModelForm):
    """An issue; who sorts the register has four fields more."""

    class Meta:
        model = SupportIssue
        fields = ["title", "words", *SORTED]
        help_texts = {
            "words": "人の名前は書かないでください。",
            "is_answer_shown": "質問から書きとめた課題なら、聞いた人の「あなたの質問」に出ます。",
        }

    def clean_state(self):
        after = self.cleaned_data["state"]
        if not self.instance._state.adding and not issues.may_become(self.initial["state"], after):
            raise forms.ValidationError("その状態には、いまは変えられません。")
        return after


@admin.register(SupportIssue)
class SupportIssueAdmin(CityRowAdmin):
    """``edit_verb`` is of who sorts; the others add and read."""

    view_verb, edit_verb = issues.VIEW_VERB, issues.SORT_VERB
    form = SupportIssueForm
    list_display = ["title", "state", "priority", "origin", "recorded_at"]
    list_filter = ["state"]
    change_form_template = "admin/helpdesk/issue.html"

    def has_add_permission(self, request):
        return may(request.user, RECORD_VERB)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_fields(self, request, obj=None):
        names = super().get_fields(request, obj)
        sorts = may(request.user, issues.SORT_VERB)
        return [name for name in names if sorts or obj is not None or name not in SORTED]

    def save_model(self, request, obj, form, change):
        verb = issues.SORT_VERB if change else RECORD_VERB
        if not change:
            roles = {post.role for post in posts_with(request.user, RECORD_VERB)}
            is_desk = Role.HELPDESK in roles
            obj.origin = IssueOrigin.HELPDESK if is_desk else IssueOrigin.STAFF
        issues.save_issue(obj, by=request.user, fields=form.changed_data, verb=verb)

    def _cities(self, request):
        return {post.municipality_id for post in posts_with(request.user, RECORD_VERB)}
