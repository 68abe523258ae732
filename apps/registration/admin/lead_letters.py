"""The page of one child's letter that the school's lead prints and hands over, and its mark."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect

from apps.people.admin_bases.pages import page
from apps.people.models import Student
from apps.people.permissions import may, students_where
from apps.registration.services import lead_letters
from apps.registration.services.letters_by_lead import children_by_lead
from apps.registration.services.print_runs import CannotPrint


class LeadLetterForm(forms.Form):
    """The mark as it should be, and as the page showed it."""

    is_marked = forms.TypedChoiceField(
        label="この子どもの手紙", widget=forms.RadioSelect, coerce=lambda value: value == "yes",
        choices=[("yes", "管理職が渡す(学級の印刷には出しません)"), ("no", "学級の印刷に出す")],
        error_messages=dict.fromkeys(("required", "invalid_choice"), "どちらかをえらんでください。"),
    )  # fmt: skip
    was = forms.TypedChoiceField(
        widget=forms.HiddenInput, coerce=lambda value: value == "yes",
        choices=[("yes", ""), ("no", "")],
    )  # fmt: skip


class LeadLettersMixin:
    """Mixin of the print record's admin."""

    @page("by-lead/<uuid:pk>/", "registration_lead_letters")
    def lead_letters(self, request, pk):
        """The mark of one child, and the button with which the lead prints its letter."""
        if not may(request.user, lead_letters.MARK_VERB):
            raise PermissionDenied("この印を付ける立場ではありません。")
        reached = Student.objects.enrolled().filter(
            students_where(request.user, lead_letters.MARK_VERB)
        )
        student = get_object_or_404(reached.select_related("school", "home_class"), pk=pk)
        if request.method == "POST" and request.POST.get("verb") == "print":
            return self._print_for_lead(request, student)
        was = "yes" if student.letters_by_lead else "no"
        sent = request.POST if request.method == "POST" else None
        form = LeadLetterForm(sent, initial={"is_marked": was, "was": was})
        if request.method == "POST" and form.is_valid():
            try:
                marks = form.cleaned_data
                lead_letters.set_mark(
                    student, marks["is_marked"], was=marks["was"], by=request.user
                )
                messages.success(request, "印を変えました。")
                return redirect("admin:registration_lead_letters", student.pk)
            except lead_letters.CannotMark as error:
                form.add_error(None, str(error))
        context = {
            "student": student, "form": form,
            "is_by_lead": bool(children_by_lead([student.pk])),
            "may_print": lead_letters.may_print_for_lead(request.user, student),
        }  # fmt: skip
        shown = self.render_page(
            request, "admin/registration/lead_letters.html", "手紙は 管理職が 渡す", context
        )
        shown.status_code = 422 if form.errors else 200
        return shown

    def _print_for_lead(self, request, student):
        try:
            sheet = lead_letters.print_for_lead(student, by=request.user)
        except CannotPrint as error:
            messages.error(request, str(error))
            return redirect("admin:registration_lead_letters", student.pk)
        if sheet is None:
            messages.warning(request, "いま印刷できる手紙はありません。")
            return redirect("admin:registration_lead_letters", student.pk)
        return redirect("admin:registration_sheet", sheet.pk)
