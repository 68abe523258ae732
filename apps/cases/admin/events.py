"""Admin pages of events that staff record: the list without content, the form, and one event."""

import uuid

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from apps.cases.forms import PAGE_TOO_OLD
from apps.cases.models import EventKind, EventSource, StudentEvent
from apps.cases.services import student_events
from apps.cases.services.student_events import WORDS_LIMIT, CannotRecordEvent
from apps.cases.words import event_in_words
from apps.core.reason_grants import grant_reason, granted_reason
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may
from apps.vault.forms import OpeningReasonForm
from apps.vault.services.sealed_content import open_sealed
from apps.vault.words import why_unreadable

RECORD_VERB = "cases.decide"
RECORDED = "出来事を記録しました。気づきとして、支援の「見る順」に出ます。"
NO_STUDENT = "この生徒は選べません。あなたが受け持つ生徒から選んでください。"


class StudentChoice(forms.ModelChoiceField):
    """A student by class, number and name."""

    def label_from_instance(self, obj):
        of_class = obj.home_class.title if obj.home_class else "学級なし"
        return f"{of_class} {obj.attendance_number or ''} {obj}"


class StudentEventForm(forms.Form):
    """What happened to whom, when, and from whom it is known; ``form_key`` makes it one."""

    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        initial=uuid.uuid4,
        error_messages={"required": PAGE_TOO_OLD, "invalid": PAGE_TOO_OLD},
    )
    student = StudentChoice(
        label="生徒",
        queryset=None,
        error_messages={"required": "生徒を選んでください。", "invalid_choice": NO_STUDENT},
    )
    kind = forms.ChoiceField(
        label="どんなことか",
        choices=EventKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "どんなことかを選んでください。"},
    )
    happened_on = forms.DateField(
        label="いつのことか",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "いつのことかを選んでください。",
            "invalid": "日付を 2026-11-24 の形で書いてください。",
        },
    )
    source = forms.ChoiceField(
        label="どこから知ったか",
        choices=EventSource.choices,
        error_messages={"required": "どこから知ったかを選んでください。"},
    )
    words = forms.CharField(
        label="何があったか(見たこと・聞いたことを、そのまま)",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "何があったかを書いてください。",
            "max_length": f"{WORDS_LIMIT}字までで書いてください。",
        },
    )

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["student"].queryset = student_events.students_for(by)


@admin.register(StudentEvent)
class StudentEventAdmin(ReadOnlyAdmin):
    """One row an event, never changed. The list says who wrote and when, never about whom or what."""

    view_verb = "cases.view"
    list_display = ["recorded_at", "of_class", "recorded_role"]
    list_select_related = ["student__home_class"]
    change_list_template = "admin/cases/events.html"

    def get_queryset(self, request):
        return StudentEvent.objects.visible_to(request.user)

    @admin.display(description="学級")
    def of_class(self, event):
        return event.student.home_class.title if event.student.home_class else "学級なし"

    def changelist_view(self, request, extra_context=None):
        more = {"may_record": may(request.user, RECORD_VERB)}
        return super().changelist_view(request, more | (extra_context or {}))

    @page("record/", "cases_event_record")
    def record_page(self, request):
        """The form; submitted twice it makes one row."""
        if not may(request.user, RECORD_VERB):
            raise PermissionDenied("出来事を記録する立場ではありません。")
        form = StudentEventForm(request.POST or None, by=request.user)
        if request.method == "POST" and form.is_valid():
            told = dict(form.cleaned_data)
            try:
                student_events.record_event(told.pop("student"), actor=request.user, **told)
                messages.success(request, RECORDED)
                return redirect("admin:cases_studentevent_changelist")
            except CannotRecordEvent as error:
                form.add_error(None, str(error))
        context = {"form": form}
        status = 422 if form.errors else 200
        return self.render_page(
            request, "admin/cases/event_record.html", "出来事を記録する", context, status
        )

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One event: without content until a reason is given."""
        return self._page(request, self._event(request, object_id), OpeningReasonForm())

    @page("<uuid:pk>/open/", "cases_event_open")
    def open_page(self, request, pk):
        """Take the reason and redirect to the event; showing it leaves the audit row."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        event, form = self._event(request, pk), OpeningReasonForm(request.POST)
        if not form.is_valid():
            return self._page(request, event, form, status=422)
        grant_reason(request, _place(event), form.cleaned_data["reason"])
        return redirect("admin:cases_studentevent_change", event.pk)

    def _event(self, request, pk):
        if not self.has_view_permission(request):
            raise Http404
        try:
            return get_object_or_404(self.get_queryset(request), pk=uuid.UUID(str(pk)))
        except ValueError as error:
            raise Http404 from error

    def _page(self, request, event, form, status=200):
        reason, lines, unreadable = granted_reason(request, _place(event)), [], ""
        if reason is not None:
            (content,) = open_sealed([event], actor=request.user, reason=reason)
            lines = event_in_words(content) if content else []
            unreadable = "" if content else why_unreadable(content)
        context = {
            "event": event, "form": form, "lines": lines, "unreadable": unreadable,
            "is_open": reason is not None, "of_class": self.of_class(event),
            "open_url": reverse("admin:cases_event_open", args=[event.pk]),
        }  # fmt: skip
        return self.render_page(request, "admin/cases/event.html", "出来事の記録", context, status)


def _place(event):
    return f"event {event.pk}"
