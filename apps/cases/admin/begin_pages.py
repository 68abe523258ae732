"""The page on which staff make a case by hand."""

import uuid

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect

from apps.cases.admin.events import StudentChoice
from apps.cases.forms import PAGE_TOO_OLD
from apps.cases.models import BeginningKind
from apps.cases.services import case_beginnings, student_events
from apps.cases.services.case_beginnings import Source
from apps.cases.services.case_writing import WORDS_LIMIT, CannotChangeCase
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may

VERB = "cases.decide"
MADE = "ケースを作りました。「見る順」に出ます。"
ADDED = "この生徒には、もう開いているケースがあります。書いたものを、そのケースに足しました。"
NO_STUDENT = "この生徒は選べません。あなたが受け持つ生徒から選んでください。"
SOURCES = (BeginningKind.REQUEST, BeginningKind.EVENT, BeginningKind.FAMILY)


class BeginForm(forms.Form):
    """About whom, and what somebody saw or worries about; ``form_key`` makes it one."""

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
    worry = forms.CharField(
        label="気になること(見たこと・聞いたことを、そのまま)",
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "気になることを書いてください。",
            "max_length": f"{WORDS_LIMIT}字までで書いてください。",
        },
    )

    def __init__(self, *args, by, source, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["student"].queryset = student_events.students_for(by)
        if source.student is not None:
            del self.fields["student"]


class BeginningAdmin(ReadOnlyAdmin):
    """For the admin of cases: the form that makes a case."""

    @page("begin/", "cases_begin")
    def begin_page(self, request):
        """Make a case of a worry, a request (?request=ID), an event or a family."""
        if not may(request.user, VERB):
            raise PermissionDenied("ケースを作る立場ではありません。")
        source = _source(request)
        refusal = case_beginnings.why_not_begin(request.user, source)
        form = BeginForm(request.POST or None, by=request.user, source=source)
        if request.method == "POST" and not refusal and form.is_valid():
            told = form.cleaned_data
            try:
                begun = case_beginnings.begin_case(
                    source.student or told["student"], actor=request.user, words=told["worry"],
                    form_key=told["form_key"], source=source,
                )  # fmt: skip
            except CannotChangeCase as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, MADE if begun.is_new else ADDED)
                return redirect("admin:cases_supportcase_change", begun.case.pk)
        status = 422 if form.errors or (refusal and request.method == "POST") else 200
        context = {"form": form, "source": source, "refusal": refusal}
        return self.render_page(request, "admin/cases/begin.html", "ケースを作る", context, status)


def _source(request):
    """From what the address says the case is made. Raises Http404 for what may not be opened."""
    for kind in SOURCES:
        if text := request.GET.get(kind.value):
            try:
                source = case_beginnings.source_for(request.user, kind, uuid.UUID(text))
            except ValueError as error:
                raise Http404 from error
            if source is None:
                raise Http404
            return source
    return Source()
