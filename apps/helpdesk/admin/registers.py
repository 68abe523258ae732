"""Staff pages: sentences about what does not work, visits to schools, the city's own help pages."""

from django import forms
from django.contrib import admin

from apps.core import clock
from apps.helpdesk.models import HelpEntry, ServiceNote, SupportIssue, SupportVisit
from apps.helpdesk.services import help_entries, service_status
from apps.notices.forms import LocalDateTimeField
from apps.notices.ruby_checks import broken_ruby, kanji_without_reading
from apps.people.admin_bases.city_rows import CityRowAdmin, check_school

RUBY_HELP = "ふりがなは ｜今日《きょう》 の形で書きます。"


def _check_ruby(form, *names):
    """Add an error where students would meet a kanji without its reading."""
    for name in names:
        text = form.cleaned_data.get(name, "")
        bare = kanji_without_reading(text)
        if broken_ruby(text):
            form.add_error(name, "ふりがなのしるし(｜《》)が合っていません。")
        elif bare:
            form.add_error(name, f"ふりがなのない漢字があります: {'、'.join(bare[:5])}")


class ServiceNoteForm(forms.ModelForm):
    """A sentence that everybody reads before signing in."""

    begins_at = LocalDateTimeField(label="いつから", initial=clock.now)
    ends_at = LocalDateTimeField(label="いつまで(14日まで)")

    class Meta:
        model = ServiceNote
        fields = ["words", "begins_at", "ends_at"]
        help_texts = {"words": f"しくみの名前や原因は書かないでください。{RUBY_HELP}"}

    def clean(self):
        found = super().clean()
        _check_ruby(self, "words")
        return found


@admin.register(ServiceNote)
class ServiceNoteAdmin(CityRowAdmin):
    view_verb = edit_verb = "service_notes.edit"
    form = ServiceNoteForm
    list_display = ["words", "begins_at", "ends_at"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        service_status.forget_status()

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        service_status.forget_status()


class SupportVisitForm(forms.ModelForm):
    """A visit to a school."""

    class Meta:
        model = SupportVisit
        fields = ["school", "visited_on", "done"]
        help_texts = {"done": "生徒や保護者の名前は書かないでください。"}
        widgets = {"visited_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean(self):
        found = super().clean()
        check_school(self, found)
        return found


@admin.register(SupportVisit)
class SupportVisitAdmin(CityRowAdmin):
    view_verb = edit_verb = "visits.edit"
    form = SupportVisitForm
    is_small = False
    list_display = ["visited_on", "school", "done"]
    list_select_related = ["school"]
    ordering = ["-visited_on", "pk"]


class HelpEntryForm(forms.ModelForm):
    """A help page in the city's own words."""

    class Meta:
        model = HelpEntry
        fields = ["title", "body", "for_students", "for_guardians", "is_draft"]
        help_texts = {"body": f"生徒に見せるものは、漢字にふりがなが要ります。{RUBY_HELP}"}

    def clean(self):
        found = super().clean()
        if found.get("for_students"):
            _check_ruby(self, "title", "body")
        return found


@admin.register(HelpEntry)
class HelpEntryAdmin(CityRowAdmin):
    view_verb, edit_verb = help_entries.VIEW_VERB, help_entries.EDIT_VERB
    form = HelpEntryForm
    list_display = ["title", "for_students", "for_guardians", "is_draft"]

    def get_changeform_initial_data(self, request):
        """``?issue=``: the answer to an issue as the beginning of a page."""
        pk = request.GET.get("issue", "")
        cities = self._cities(request)
        rows = SupportIssue.objects.filter(municipality__in=cities).exclude(answer="")
        issue = next((row for row in rows if str(row.pk) == pk), None) if pk else None
        return {"title": issue.title, "body": issue.answer} if issue else {}
