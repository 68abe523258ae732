"""Staff pages for paper forms: print for a class, enter what was signed, confirm as the second."""

from functools import partial

import segno
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from apps.consent.forms.paper_answers import PaperAnswersForm
from apps.consent.models import PaperForm, Response
from apps.consent.services import paper_forms
from apps.consent.words import purpose_name
from apps.core import edit_conflicts
from apps.people.admin_bases.edit_conflicts import describe_last_change
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import Student
from apps.people.permissions import classes_where, may, students_where


@admin.register(PaperForm)
class PaperFormAdmin(StaffAdmin):
    """Open forms first. Nothing is decided before a second person has compared form and entry."""

    view_verb = "paper.enter"
    list_display = (
        "number",
        "student",
        "guardian",
        "state",
        "signed_on",
        "entered_by",
        "confirmed_by",
    )
    list_filter = ("state",)
    list_select_related = ("student", "guardian", "entered_by", "confirmed_by")
    search_fields = ("number",)
    search_help_text = "用紙の番号"
    fields = (
        "number", "student", "guardian", "state", "answers_in_words", "signed_on", "issued_by", "issued_at",
        "entered_by", "entered_at", "confirmed_by", "confirmed_at",
    )  # fmt: skip
    readonly_fields = fields
    change_list_template = "admin/consent/paper_form_list.html"
    change_form_template = "admin/consent/paper_form.html"

    def get_queryset(self, request):
        known = students_where(request.user, self.view_verb, "student__")
        return super().get_queryset(request).filter(known)

    @admin.display(description="返事")
    def answers_in_words(self, paper):
        in_words = (f"{purpose_name(p)}: {Response(r).label}" for p, r in paper.answers.items())
        return " / ".join(in_words) or "まだ入力していません"

    def get_urls(self):
        view, name = self.admin_site.admin_view, "consent_paperform_{}".format
        own = [
            path("print/", view(self.print_class), name=name("print")),
            path("print/<uuid:class_pk>/", view(require_safe(self.sheets)), name=name("sheets")),
            path("<uuid:pk>/enter/", view(self.enter), name=name("enter")),
            path("<uuid:pk>/confirm/", view(self.confirm), name=name("confirm")),
            path("<uuid:pk>/drop/", view(self.drop), name=name("drop")),
        ]
        return own + super().get_urls()

    def print_class(self, request):
        """Choose a class; then print a form for each guardian who has something left to answer."""
        self._check(request)
        classes = classes_where(request.user, self.view_verb).current().select_related("school")
        if request.method != "POST":
            return self._page(
                request, "paper_form_print", "紙の返事を印刷する", {"classes": classes}
            )
        chosen = request.POST.get("school_class", "")
        of_class = next((one for one in classes if str(one.pk) == chosen), None)
        if of_class is None:
            raise Http404("no class that may be printed")
        paper_forms.issue_paper_forms(_students(request.user, of_class), by=request.user)
        return redirect("admin:consent_paperform_sheets", of_class.pk)

    def sheets(self, request, class_pk):
        """The unsigned forms of a class, ready to print."""
        self._check(request)
        classes = classes_where(request.user, self.view_verb).select_related("school")
        of_class = get_object_or_404(classes, pk=class_pk)
        papers = paper_forms.paper_forms_to_sign(_students(request.user, of_class))
        context = {"sheets": [_sheet(paper) for paper in papers], "of_class": of_class}
        return self._page(request, "paper_form_sheets", f"{of_class} 紙の返事", context)

    @method_decorator(transaction.atomic)
    def enter(self, request, pk):
        """Enter the answers line by line; the second person sees what the first entered."""
        PaperForm.objects.select_for_update(no_key=True).filter(pk=pk).first()
        paper = self._paper(request, pk)
        stored = _answers_form(paper)
        opened_as, conflict = edit_conflicts.parts_token(edit_conflicts.form_parts(stored)), None
        form = stored
        if request.method == "POST":
            conflict = edit_conflicts.find_conflict(stored, request.POST)
            form = _answers_form(paper, conflict.data if conflict else request.POST)
        if conflict:
            describe_last_change(conflict, paper, request.user)
            form.add_error(None, conflict.sentence)
        if request.method == "POST" and form.is_valid():
            try:
                paper_forms.enter_paper_form(
                    paper, answers=form.answers(), signed_on=form.cleaned_data["signed_on"],
                    by=request.user,
                )  # fmt: skip
                messages.success(
                    request, "入力しました。ほかの人が紙を見て確かめると、有効になります。"
                )
                return redirect("admin:consent_paperform_change", paper.pk)
            except paper_forms.CannotEnterAnswers as error:
                form.add_error(None, str(error))
        context = {"paper": paper, "form": form, "opened_as": opened_as, "conflict": conflict}
        return self._page(request, "paper_form_enter", f"{paper} を入力する", context)

    def confirm(self, request, pk):
        """The second person confirms the entry."""
        seen = request.POST.get("seen", "")
        return self._act(
            request, pk, partial(paper_forms.confirm_paper_form, seen=seen),
            "確かめました。この返事は、いまから有効です。",
        )  # fmt: skip

    def drop(self, request, pk):
        """Discard this form."""
        return self._act(
            request, pk, paper_forms.discard_paper_form, "この用紙は使わないことにしました。"
        )

    def _act(self, request, pk, verb, done):
        paper = self._paper(request, pk)
        if request.method == "POST":
            try:
                verb(paper, by=request.user)
                messages.success(request, done)
            except paper_forms.CannotEnterAnswers as error:
                messages.error(request, str(error))
        return redirect("admin:consent_paperform_change", paper.pk)

    def _paper(self, request, pk):
        self._check(request)
        return get_object_or_404(self.get_queryset(request), pk=pk)

    def _check(self, request):
        if not may(request.user, self.view_verb):
            raise PermissionDenied("紙の返事をあつかう立場ではありません。")

    def _page(self, request, name, title, context):
        context = {**self.admin_site.each_context(request), "title": title, **context}
        bad = "form" in context and context["form"].errors
        return TemplateResponse(
            request, f"admin/consent/{name}.html", context, status=422 if bad else 200
        )


def _students(user, of_class):
    known = students_where(user, PaperFormAdmin.view_verb)
    return Student.objects.enrolled().filter(known, home_class=of_class)


def _answers_form(paper, data=None):
    return PaperAnswersForm(
        data,
        documents=paper_forms.printed_documents(paper),
        label_suffix="",
        initial={**paper.answers, "signed_on": paper.signed_on},
    )


def _sheet(paper):
    address = settings.PORTAL_URL + reverse("consent:paper", args=[paper.number])
    drawing = segno.make(address, error="m").svg_inline(scale=1, border=2, omitsize=True)
    drawing = drawing.replace("<svg ", '<svg class="qr" role="img" aria-label="QRコード" ', 1)
    return {
        "paper": paper,
        "documents": paper_forms.printed_documents(paper),
        "address": address,
        "qr": mark_safe(drawing),
    }
