"""Staff pages: a person who asks for help, and what the helpdesk may do for them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.helpdesk.services import support_people
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.private_search import SearchForm, search_words_of
from apps.people.permissions import may
from apps.signin.services import account_unlocks, factor_resets, session_endings

NOT_YOURS = "ヘルプデスクの仕事をする立場ではありません。"


class SupportPeopleMixin:
    """Mixin of the queue's admin: a search for a person, and one page a person."""

    @page("people/", "helpdesk_people", never_cache, require_http_methods(["GET", "POST"]))
    def people(self, request):
        """A search by name or code; posted, so that no URL holds the name."""
        self._check_people(request)
        if request.method == "POST":
            return self._searched(request)
        words = search_words_of(request)
        found = session_endings.search_people(request.user, words) if words else None
        context = {"form": SearchForm(), "found": found, "words": words}
        return self.render_page(request, "admin/helpdesk/people.html", "困っている人", context)

    @page("people/<uuid:account>/", "helpdesk_person", never_cache, require_safe)
    def person(self, request, account):
        """How this person signs in and is reached, and what may be done about it."""
        self._check_people(request)
        facts = support_people.person_facts(account, by=request.user)
        if facts is None:
            raise Http404
        user = request.user
        unlockable = account_unlocks.accounts_unlockable_by(user).filter(pk=account)
        resettable = factor_resets.accounts_resettable_by(user).filter(pk=account)
        may_card = facts.student is not None and may(user, "cards.print", facts.student)
        context = {
            "facts": facts,
            "may_account": unlockable.exists() or resettable.exists(),
            "may_card": may_card and facts.student.home_class_id is not None,
        }
        return self.render_page(request, "admin/helpdesk/person.html", "困っている人", context)

    @page("people/<uuid:account>/guide-mail/", "helpdesk_guide_mail", require_POST)
    def guide_mail(self, request, account):
        """Mail once more how to sign in."""
        self._check_people(request)
        try:
            support_people.mail_sign_in_guide(account, by=request.user)
            messages.success(request, "サインインのしかたを、メールで送りました。")
        except support_people.CannotSupport as error:
            messages.error(request, str(error))
        return redirect("admin:helpdesk_person", account)

    def _check_people(self, request):
        if not may(request.user, support_people.VERB):
            raise PermissionDenied(NOT_YOURS)
