"""The inbox, a notice, and the places to talk to (open to everybody)."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.consent import pages as consent_pages
from apps.consent import services as consent
from apps.notices import services
from apps.notices.models import SupportOrganisation
from apps.notices.text import body_html
from apps.people.models import Guardian, Student


def _of(user):
    """(side, municipality id) of whoever looks; anonymous people belong to no municipality."""
    if not user.is_authenticated:
        return "open", None
    student = Student.objects.filter(user=user.pk).only("municipality_id").first()
    if student is not None:
        return "student", student.municipality_id
    guardian = Guardian.objects.filter(user=user.pk).only("municipality_id").first()
    return "guardian", guardian and guardian.municipality_id


@require_safe
def inbox(request):
    """Every current notice of this person; looking at the list counts as shown."""
    items = services.inbox_for(request.user)
    services.mark_shown(request.user, items)
    side, _ = _of(request.user)
    told = consent.messages_for(request.user)
    context = {"items": items, "side": side, "told": consent_pages.messages(told, request.user)}
    consent.note_messages_seen(told)
    return render(request, "notices/inbox.html", context)


@require_safe
def notice(request, pk):
    """One notice with its organisations; opening it counts. 404 outside the audience."""
    found = get_object_or_404(services.notices_for(request.user), pk=pk)
    services.mark_opened(request.user, found)
    side, _ = _of(request.user)
    published = found.organisations.published().prefetch_related("opening_hours")
    context = {
        "notice": found,
        "body": body_html(found.body),
        "places": [services.place_now(organisation) for organisation in published],
        "side": side,
    }
    return render(request, "notices/notice.html", context)


@login_not_required
@require_safe
def places(request):
    """All places, those that can be reached now first."""
    side, municipality_id = _of(request.user)
    context = {"places": services.places_for(municipality_id), "side": side}
    return render(request, "notices/places.html", context)


@login_not_required
@require_safe
def place(request, pk):
    """One place: what it helps with, how to reach it, when."""
    side, municipality_id = _of(request.user)
    shown = SupportOrganisation.objects.published().for_municipality(municipality_id)
    found = services.place_now(get_object_or_404(shown, pk=pk))
    return render(request, "notices/place.html", {"place": found, "side": side})
