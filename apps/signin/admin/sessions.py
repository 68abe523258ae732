"""Staff end the sign-ins of one person, of a school or of a municipality.

There is no list of who is signed in: nobody needs to see when a colleague works.
"""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.people.admin_bases.pages import page
from apps.people.admin_bases.private_search import search_words_of
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import Municipality
from apps.people.permissions import cities_where, may, schools_where
from apps.signin.models import EndingReason, UserSession
from apps.signin.services import school_accounts, session_endings

PAGE = "admin:signin_usersession_changelist"
NOT_YOURS = "サインインを終わらせる立場ではありません。"


class PersonSearchForm(forms.Form):
    """Part of a name, or a student's code."""

    search_words = forms.CharField(
        label="だれのサインインを終わらせますか",
        max_length=60,
        help_text="名前の一部。生徒は、学校の番号でも探せます。",
        error_messages={"required": "名前を入れてください。"},
    )


class EndingReasonForm(forms.Form):
    reason = forms.ChoiceField(
        label="なぜ終わらせますか",
        choices=[one for one in EndingReason.choices if one[0] != EndingReason.FOR_MANY],
        widget=forms.RadioSelect,
        error_messages={"required": "理由をえらんでください。"},
    )
    ends_links = forms.BooleanField(
        label="学校のアカウントとのつながりも終わらせる", required=False
    )


@admin.register(UserSession)
class UserSessionAdmin(ProposalAdmin, StaffAdmin):
    view_verb = session_endings.STUDENT_VERB

    def has_view_permission(self, request, obj=None):
        return any(
            may(request.user, verb) for verb in (session_endings.STUDENT_VERB, session_endings.VERB)
        )

    def has_add_permission(self, request):
        return False

    has_change_permission = has_view_permission

    def get_queryset(self, request):
        return super().get_queryset(request).none()

    def changelist_view(self, request, extra_context=None):
        """A search for a person (posted, so that no URL holds the name); below it the schools."""
        self._check(request)
        form = PersonSearchForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            return self._searched(request)
        words = search_words_of(request)
        found = session_endings.search_people(request.user, words) if words else None
        context = {"form": form, "found": found, "places": _places(request.user)}
        status = 422 if form.errors else 200
        return self._page(request, "sessions", "サインインを終わらせる", context, status)

    @page("person/<uuid:account>/", "signin_sessions_person")
    def person(self, request, account):
        """Show what ending this person's sign-ins does; a POST with a reason ends them."""
        self._check(request)
        person = session_endings.person_endable_by(request.user, account)
        if person is None:
            raise Http404
        form = EndingReasonForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid() and self._end(request, form, person):
            return redirect(PAGE)
        context = {
            "form": form,
            "name": session_endings.name_of(person),
            "is_student": session_endings.is_student(person),
            "links": school_accounts.links_of(person) if session_endings.is_student(person) else [],
            "most_a_day": session_endings.MAX_PER_DAY,
        }
        status = 422 if form.errors else 200
        return self._page(request, "sessions_person", "サインインを終わらせる", context, status)

    def _end(self, request, form, person):
        """Whether the sign-ins were ended; otherwise the form shows the reason."""
        try:
            session_endings.end_sessions_of(person, by=request.user, **form.cleaned_data)
        except session_endings.CannotEnd as error:
            form.add_error(None, str(error))
            return False
        messages.success(request, "サインインと通知の登録を、すべての端末で終わらせました。")
        return True

    @page("place/<uuid:pk>/", "signin_sessions_place")
    @method_decorator(require_POST)
    def place(self, request, pk):
        """Redirect to the page that shows the effects and asks for a reason."""
        return redirect(self.proposal_url(self.proposed_row(request, pk, {}), {}, {}))

    def may_propose(self, request):
        return may(request.user, session_endings.VERB)

    def proposed_row(self, request, pk, changes):
        found = next((place for place in _places(request.user) if place.pk == pk), None)
        if found is None:
            raise Http404
        return found

    def back_url(self, row):
        return reverse(PAGE)

    def effects_of(self, row, changes):
        return session_endings.effects_of_ending(row)

    def propose(self, row, changes, *, by, reason):
        return session_endings.propose_ending(row, by=by, reason=reason)

    def _check(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied(NOT_YOURS)

    def _page(self, request, name, title, context, status):
        return self.render_page(request, f"admin/signin/{name}.html", title, context, status)


def _places(user):
    """The schools and municipalities whose sign-ins this person may propose to end."""
    verb = session_endings.VERB
    cities = Municipality.objects.filter(pk__in=cities_where(user, verb))
    return [*cities, *schools_where(user, verb).order_by("name")]
