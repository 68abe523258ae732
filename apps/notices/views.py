"""Views of the inbox and of notices, and the public directory."""

from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from apps.consent import pages as consent_pages
from apps.consent.services import messages
from apps.core import qr
from apps.core.page_links import requested_page
from apps.notices.forms import OrganisationSearchForm
from apps.notices.models import NoticeState, SupportOrganisation
from apps.notices.notice_body import body_html
from apps.notices.reader_city import municipality_of_reader, named_city
from apps.notices.services import inbox as notices_inbox
from apps.notices.services import organisations, self_help
from apps.people.models import Student

MESSAGES_A_PAGE = 20
MAP_URL = "https://www.google.com/maps/search/?api=1&query="  # Google Maps URLs, "Search"


def _side(user):
    """The side of the page: guardian or student."""
    if not user.is_authenticated:
        return "open"
    return "student" if Student.objects.filter(user=user.pk).exists() else "guardian"


# -- the inbox ------------------------------------------------------------------------------------


@require_safe
def inbox(request):
    """The current notices of this person, some a page; those on it count as shown."""
    notices = notices_inbox.notices_for(request.user).defer("body")
    page = requested_page(
        request, notices, notices_inbox.NEWEST_FIRST, notices_inbox.NOTICES_A_PAGE
    )
    items = notices_inbox.inbox_items(request.user, page.rows)
    notices_inbox.mark_shown(request.user, items)
    told = requested_page(
        request, messages.messages_of(request.user), messages.NEWEST_FIRST, MESSAGES_A_PAGE,
        name="messages_",
    )  # fmt: skip
    consent_messages = told.rows
    context = {
        "items": items,
        "page": page,
        "messages_page": told,
        "withdrawn": list(notices_inbox.withdrawn_for(request.user)),
        "side": _side(request.user),
        "consent_messages": consent_pages.message_lines(consent_messages),
    }
    messages.mark_messages_seen(consent_messages)
    return render(request, "notices/inbox.html", context)


@require_safe
def notice(request, pk):
    """One notice with its organisations; opening it counts. 404 outside the audience."""
    found = notices_inbox.notices_for(request.user).filter(pk=pk).select_related("corrects").first()
    if found is None:
        return _past(request, pk)
    notices_inbox.mark_opened(request.user, found)
    published = found.organisations.published().prefetch_related("opening_hours", "exceptions")
    context = {
        "notice": found,
        "body": body_html(found.body),
        "places": [organisations.organisation_status(organisation) for organisation in published],
        "side": _side(request.user),
    }
    return render(request, "notices/notice.html", context)


def _past(request, pk):
    """Redirect an old URL to the correction, or say that the notice is gone (410)."""
    past = notices_inbox.past_notice(request.user, pk)
    if past is None:
        raise Http404
    if past.now is not None:
        return redirect("notices:notice", past.now.pk)
    context = {
        "notice": past.notice,
        "is_over": past.notice.state == NoticeState.PUBLISHED,
        "side": _side(request.user),
    }
    return render(request, "notices/gone.html", context, status=410)


# -- directory ------------------------------------------------------------------------------------


def _here(request):
    """(municipality, its query string in URLs of this page) for this visitor."""
    code, municipality = named_city(request), municipality_of_reader(request)
    return municipality, f"?city={quote(code)}" if code and municipality else ""


def _asked(request):
    """What the search form or an address asks for."""
    return request.POST if request.method == "POST" else request.GET


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def places(request):
    """All organisations, open ones first; filtered by words, need and いま.

    The form is posted, so that no address and no history says what somebody looked for.
    """
    municipality, city = _here(request)
    form = OrganisationSearchForm(_asked(request))
    found = organisations.find_organisations(municipality and municipality.pk, **form.filters())
    context = {
        "places": found, "form": form, "is_narrowed": form.is_narrowed, "city": city,
        "municipality": municipality, "side": _side(request.user),
    }  # fmt: skip
    return render(request, "notices/places.html", context)


@login_not_required
@require_safe
def cards(request):
    """The self-help cards, all on one page. Reading them is recorded nowhere (see
    ``log_formats.UNTRACED_PATHS``, and ``session_lifetime.NO_ACTIVITY``).
    """
    municipality, _ = _here(request)
    shown = self_help.cards_shown_in(municipality.pk) if municipality else []
    return render(request, "notices/cards.html", {"cards": shown, "side": _side(request.user)})


@login_not_required
@require_safe
def place(request, pk):
    """One organisation: what it helps with, contacts, hours, how a first talk goes."""
    return render(request, "notices/place.html", _place(request, pk))


@login_not_required
@require_safe
def poster(request, pk):
    """A poster of one organisation, with a QR code of its page."""
    return render(request, "notices/poster.html", _place(request, pk))


@login_not_required
@require_safe
def sheet(request):
    """A printable list of all organisations, each with the QR code of its page."""
    municipality, city = _here(request)
    found = organisations.find_organisations(municipality and municipality.pk)
    shown = sorted(found, key=lambda place: (place.organisation.order, place.organisation.name))
    context = {
        "rows": [(place, qr.qr_svg(_address(place, municipality))) for place in shown],
        "all_qr": qr.qr_svg(f"{settings.PORTAL_URL}{reverse('notices:places')}{_code(municipality)}"),
        "municipality": municipality, "city": city,
    }  # fmt: skip
    return render(request, "notices/sheet.html", context)


def _place(request, pk):
    municipality, city = _here(request)
    shown = SupportOrganisation.objects.published().for_municipality(
        municipality and municipality.pk
    )
    found = get_object_or_404(shown.prefetch_related("opening_hours", "exceptions"), pk=pk)
    place = organisations.organisation_status(found)
    return {
        "place": place, "city": city, "side": _side(request.user),
        "steps": [line.strip() for line in found.first_talk.splitlines() if line.strip()],
        "map_url": f"{MAP_URL}{quote(found.address)}" if found.address else "",
        "qr": qr.qr_svg(_address(place, municipality)),
    }  # fmt: skip


def _address(place, municipality):
    path = reverse("notices:place", args=[place.organisation.pk])
    return f"{settings.PORTAL_URL}{path}{_code(municipality)}"


def _code(municipality):
    """A QR code of a URL that names its municipality: whoever scans it may not be signed in."""
    return f"?city={municipality.code}" if municipality else ""
