"""The staff page for whoever telephones or stands at the counter and asks about a child."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.limits import allow
from apps.people.admin.typed_people import TypedPersonFields
from apps.people.admin_bases.pages import page
from apps.people.models import Student
from apps.people.permissions import may, students_where
from apps.people.services import caller_checks

TOO_OFTEN = "続けてたくさん確かめています。時間をおいて、もう一度確かめてください。"
NOBODY = "姓と名か、その読みを書いてください。"


class CallerForm(TypedPersonFields, forms.Form):
    """Who says they are who; nothing of it is kept."""

    use_required_attribute = False

    def __init__(self, *args, compares, **kwargs):
        super().__init__(*args, **kwargs)
        if not compares:  # a number says nothing where it is compared with nobody's
            del self.fields["phone"]

    def clean(self):
        if not self.person.names and not self.person.contacts:
            raise forms.ValidationError(NOBODY)
        return self.cleaned_data


def _may_ask(user, student):
    """Count one question; whether it is not too many."""
    return allow("caller.check", str(user.pk)) and allow("caller.child", f"{user.pk} {student.pk}")


class CallerChecksMixin:
    """Mixin of the student's admin: one page a child."""

    @page("<uuid:pk>/caller/", "people_student_caller", require_http_methods(["GET", "POST"]), never_cache)  # fmt: skip
    def check_caller(self, request, pk):
        """What to say, and whether the name is a registered guardian's."""
        if not may(request.user, caller_checks.VERB):
            raise PermissionDenied("電話や窓口の相手を確かめる立場ではありません。")
        reached = Student.objects.enrolled().filter(
            students_where(request.user, caller_checks.VERB)
        )
        student = get_object_or_404(reached.select_related("school"), pk=pk)
        compares = may(request.user, caller_checks.COMPARE_VERB, student)
        form = CallerForm(request.POST if request.method == "POST" else None, compares=compares)
        found = None
        if request.method == "POST" and form.is_valid() and not _may_ask(request.user, student):
            form.add_error(None, TOO_OFTEN)
        elif request.method == "POST" and form.is_valid():
            found = caller_checks.check_caller(student, form.person, by=request.user)
        context = {"student": student, "form": form, "found": found, "compares": compares}
        status = 422 if form.errors else 200
        title = "電話や窓口で、この子どものことを聞かれたとき"
        return self.render_page(request, "admin/people/caller_check.html", title, context, status)
