"""Admin search by POST: names in a URL would end up in the logs of servers and proxies.

The search text is kept in the session; the URL carries a key to it (``?q=KEY``), so
that filters, pages and the link back from a row work as in the stock admin.
"""

from functools import partial

from django import forms
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import get_random_string

SEARCH_FIELD = "search_words"  # the field that is posted
SESSION_KEY = "people.searches"  # [[key, words]], oldest first
MAX_SEARCHES, MAX_WORDS_LENGTH, KEY_LENGTH = 20, 200, 8
SEARCH_EXPIRED = "探す言葉がのこっていません。もう一度入れてください。"
TOO_LONG = f"探す言葉は、{MAX_WORDS_LENGTH}字までにしてください。"


class SearchForm(forms.Form):
    """The posted search text."""

    search_words = forms.CharField(required=False, max_length=MAX_WORDS_LENGTH)


class SearchKeyForm(ChangeListSearchForm):
    """Reads the search text of a key. An unknown key is an error, shown above all rows."""

    def __init__(self, *args, session, **kwargs):
        super().__init__(*args, **kwargs)
        self.session = session

    def clean(self):
        cleaned = super().clean()
        key = cleaned.get(SEARCH_VAR)
        words = dict(self.session.get(SESSION_KEY, [])).get(key, "")
        if key and not words:
            cleaned[SEARCH_VAR] = ""  # the whole list
            raise forms.ValidationError(SEARCH_EXPIRED)
        return {SEARCH_VAR: words}


class PrivateChangeList(ChangeList):
    """A change list whose search text is kept in the session."""

    def __init__(self, request, *args, **kwargs):
        self.search_form_class = partial(SearchKeyForm, session=request.session)
        super().__init__(request, *args, **kwargs)
        self.search_action = self.get_query_string(remove=[SEARCH_VAR])


class PrivateSearchAdmin:
    """For a ModelAdmin with a PrivateChangeList: its search is posted."""

    def changelist_view(self, request, extra_context=None):
        if (
            request.method == "POST"
            and SEARCH_FIELD in request.POST
            and self.has_view_permission(request)
        ):
            return self._searched(request)
        return super().changelist_view(request, extra_context)

    def _searched(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the same list, with the same filters, on its first page."""
        query = request.GET.copy()
        for name in (SEARCH_VAR, PAGE_VAR):
            query.pop(name, None)
        form = SearchForm(request.POST)
        if not form.is_valid():
            self.message_user(request, TOO_LONG, "ERROR")
        elif form.cleaned_data["search_words"]:
            query[SEARCH_VAR] = _keep(request.session, form.cleaned_data["search_words"])
        return redirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def search_words_of(request: HttpRequest) -> str:
    """The search text whose key this URL carries; "" where it carries no known key."""
    return dict(request.session.get(SESSION_KEY, [])).get(request.GET.get(SEARCH_VAR), "")


def _keep(session, words):
    """Keep the search text in this session; its key."""
    searches = session.get(SESSION_KEY, [])
    known = [key for key, stored in searches if stored == words]
    key = known[0] if known else get_random_string(KEY_LENGTH)
    others = [each for each in searches if each[0] != key]
    session[SESSION_KEY] = [*others, [key, words]][-MAX_SEARCHES:]
    return key
