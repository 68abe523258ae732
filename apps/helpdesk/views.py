"""The help pages: a list with a search, and each page. Open to everybody."""

from urllib.parse import quote

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.helpdesk.help_pages import MAX_QUERY, PAGES_BY_CODE, pages_for, search_help
from apps.helpdesk.services import help_contacts, help_entries
from apps.notices.reader_city import municipality_of_reader, named_city
from apps.people.account_kinds import group_of_account


def side_of(user):
    """ "student", "guardian" or "staff"; "open" for a visitor."""
    return group_of_account(user) if user.is_authenticated else "open"


@login_not_required
@require_safe
def guide(request):
    """The help pages of this person, or those that fit a search, and whom to ask."""
    side = side_of(request.user)
    query = request.GET.get("q", "")[:MAX_QUERY].strip()
    pages = pages_for(side)
    found = search_help(query, pages) if query else pages
    context = {
        "side": side,
        "query": query,
        "found": found,
        "by_side": None if query or side != "open" else _by_side(pages),
        "entries": help_entries.search_entries(query, _entries(request, side)),
        **_contacts(request),
    }
    return render(request, "helpdesk/guide.html", context)


@login_not_required
@require_safe
def help_page(request, code):
    """One help page."""
    page = PAGES_BY_CODE.get(code)
    if page is None:
        raise Http404
    side = side_of(request.user)
    others = [each for each in pages_for(side) if each is not page]
    context = {"side": side, "page": page, "others": others, **_contacts(request)}
    return render(request, "helpdesk/help_page.html", context)


@login_not_required
@require_safe
def entry(request, pk):
    """A help page that the city wrote itself."""
    side = side_of(request.user)
    row = get_object_or_404(_entries(request, side), pk=pk)
    return render(
        request, "helpdesk/entry.html", {"side": side, "entry": row, **_contacts(request)}
    )


def _entries(request, side):
    municipality = municipality_of_reader(request)
    return help_entries.entries_for(side, municipality and municipality.pk)


def _by_side(pages):
    return [
        (side, [page for page in pages if side in page.sides])
        for side in ("student", "guardian", "staff")
    ]


def _contacts(request):
    """Whom to ask, of the reader's municipality."""
    code, municipality = named_city(request), municipality_of_reader(request)
    if municipality is None:
        return {"near": [], "other_schools": [], "city": ""}
    near, others = help_contacts.contacts_for(request.user, municipality.pk)
    return {
        "near": near,
        "other_schools": others,
        "city": f"?city={quote(code)}" if code else "",
    }
