"""Staff pages for answers by telephone: whom to call, the note, the second person, the letter."""

from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_safe

from apps.consent.forms.telephone_answers import (
    ConfirmCallForm,
    TelephoneAnswerForm,
    document_versions,
)
from apps.consent.models import ConsentDocument, Response, TelephoneAnswer, TelephoneAnswerState
from apps.consent.services import telephone_answers
from apps.consent.services.paper_forms import CannotEnterAnswers
from apps.consent.words import purpose_name
from apps.people.act_types import LAPSES_AFTER
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.permissions import classes_where, may, students_where


@admin.register(TelephoneAnswer)
class TelephoneAnswerAdmin(StaffAdmin):
    """A yes counts only after a second person confirms it; a no stops use at once."""

    view_verb = telephone_answers.ENTER_VERB
    list_display = ("entered_at", "student", "guardian", "state", "entered_by")
    list_filter = ("state",)
    list_select_related = ("student", "guardian", "entered_by")
    fields = readonly_fields = (
        "student", "guardian", "state", "answers_in_words", "spoke", "known_by", "entered_by", "entered_at",
        "confirmed_how", "ended_by", "ended_at",
    )  # fmt: skip
    change_list_template = "admin/consent/telephone_list.html"
    change_form_template = "admin/consent/telephone.html"

    def get_queryset(self, request):
        known = students_where(request.user, self.view_verb, "student__")
        return super().get_queryset(request).filter(known)

    @admin.display(description="返事")
    def answers_in_words(self, call):
        return " / ".join(f"{name}: {response}" for name, response in _answers(call))

    def get_urls(self):
        view, name = self.admin_site.admin_view, "consent_telephoneanswer_{}".format
        own = [
            path("call/", view(require_safe(self.choose)), name=name("choose")),
            path("call/<uuid:guardianship_pk>/", view(self.call), name=name("call")),
            path("<uuid:pk>/confirm/", view(self.confirm), name=name("confirm")),
            path("<uuid:pk>/drop/", view(self.drop), name=name("drop")),
            path("<uuid:pk>/letter/", view(require_safe(self.letter)), name=name("letter")),
        ]
        return own + super().get_urls()

    def choose(self, request):
        """Choose a class, then the guardian to call."""
        self._check(request)
        classes = classes_where(request.user, self.view_verb).current().select_related("school")
        class_id = request.GET.get("school_class", "")
        of_class = next((one for one in classes if str(one.pk) == class_id), None)
        guardianships = telephone_answers.guardianships_to_call(request.user).filter(
            student__home_class=of_class
        )
        guardianships = guardianships.select_related("student", "guardian__user")
        order = ("student__attendance_number", "guardian__family_kana", "guardian__pk")
        found = guardianships.order_by(*order) if of_class else []
        found = telephone_answers.without_kept_out(found)
        context = {"classes": classes, "of_class": of_class, "guardianships": found}
        return self._page(request, "telephone_choose", "電話で聞く", context)

    def call(self, request, guardianship_pk):
        """The document texts to read aloud, and the note of the answers."""
        self._check(request)
        guardianships = telephone_answers.guardianships_to_call(request.user).select_related(
            "student", "guardian__user"
        )
        guardianship = get_object_or_404(guardianships, pk=guardianship_pk)
        if not telephone_answers.without_kept_out([guardianship]):
            raise Http404
        documents = telephone_answers.documents_to_read(guardianship.student)
        new = {"form_key": uuid4(), "shown": document_versions(documents)}
        sent = request.POST if request.method == "POST" else None
        form = TelephoneAnswerForm(sent, documents=documents, initial=new, label_suffix="")
        if request.method == "POST" and form.is_valid():
            try:
                noted = _note(guardianship, form, request.user)
                messages.success(request, _noted_words(noted))
                return redirect("admin:consent_telephoneanswer_change", noted.pk)
            except CannotEnterAnswers as error:
                form.add_error(None, str(error))
        if form.errors:
            form.data = form.to_ask_again()
        context = {"guardianship": guardianship, "form": form, "days": LAPSES_AFTER.days}
        return self._page(request, "telephone_call", "電話で聞く", context)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        call = self.get_object(request, object_id)
        more = self._second(request, call) if call is not None else {}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def confirm(self, request, pk):
        """The second person confirms the entry."""
        call = self._call(request, pk)
        if request.method == "POST":
            how = request.POST.get("how", "")
            try:
                telephone_answers.confirm_call(call, how=how, by=request.user)
                messages.success(
                    request, "確かめました。手紙を印刷して、保護者に知らせてください。"
                )
            except CannotEnterAnswers as error:
                return self._refused(request, call, error)
        return redirect("admin:consent_telephoneanswer_change", call.pk)

    def drop(self, request, pk):
        """Discard this entry."""
        call = self._call(request, pk)
        if request.method == "POST":
            try:
                telephone_answers.discard_call(call, by=request.user)
                messages.success(request, "この電話の返事は使わないことにしました。")
            except CannotEnterAnswers as error:
                return self._refused(request, call, error)
        return redirect("admin:consent_telephoneanswer_change", call.pk)

    def letter(self, request, pk):
        """The printed letter that tells the guardian what was noted."""
        call = self._call(request, pk)
        documents = ConsentDocument.objects.in_bulk(call.documents.values())
        versions = {str(d.purpose): d.version for d in documents.values()}
        context = {
            "call": call,
            "answers": [(*line, versions[p]) for p, line in _by_purpose(call)],
            "days": LAPSES_AFTER.days,
            "programme": getattr(call.municipality, "programme", None),
        }
        return self._page(request, "telephone_letter", "電話の返事のお知らせ", context)

    def _refused(self, request, call, error):
        """The entry's page again, with the reason; nothing has changed."""
        context = {
            "call": call, "refusal": str(error), **self._second(request, call),
        }  # fmt: skip
        return self._page(request, "telephone_refused", str(call), context, status=422)

    def _second(self, request, call):
        waits = call.state == TelephoneAnswerState.WAITING
        why_not = telephone_answers.why_not_second_person(call, request.user) if waits else ""
        form = ConfirmCallForm(label_suffix="")
        return {"waits": waits, "why_not": why_not, "confirm_form": form, "days": LAPSES_AFTER.days}

    def _call(self, request, pk):
        self._check(request)
        found = self.get_queryset(request).select_related("student", "guardian", "municipality")
        return get_object_or_404(found, pk=pk)

    def _check(self, request):
        if not may(request.user, self.view_verb):
            raise PermissionDenied("電話の返事をあつかう立場ではありません。")

    def _page(self, request, name, title, context, status=200):
        context = {**self.admin_site.each_context(request), "title": title, **context}
        bad = "form" in context and context["form"].errors
        status = 422 if bad else status
        return TemplateResponse(request, f"admin/consent/{name}.html", context, status=status)


def _note(guardianship, form, user):
    return telephone_answers.enter_call(
        guardianship,
        answers=form.answers(),
        read={document.purpose: document.pk for document in form.documents},
        spoke=form.cleaned_data["spoke"],
        known_by=form.cleaned_data["known_by"],
        form_key=form.cleaned_data["form_key"],
        by=user,
    )


def _noted_words(call):
    if call.stops:
        return "書きとめました。同意でない項目は、いまから使われません。ちがう立場のもう一人が確かめてください。"
    return "書きとめました。ちがう立場のもう一人が確かめると、有効になります。"


def _by_purpose(call):
    return [
        (purpose, (purpose_name(purpose), Response(response).label))
        for purpose, response in call.answers.items()
    ]


def _answers(call):
    return [line for _, line in _by_purpose(call)]
