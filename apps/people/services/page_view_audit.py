"""Audit of staff pages that show names; only the privacy officer reads it."""

from functools import wraps

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_many
from apps.people import shown_names
from apps.people.permissions import municipality_ids, role_of

MAX_RECORDED_ONE_BY_ONE = (
    3  # up to this many people get a row each; more get one row with their number
)


def record_names_shown(view):
    """Decorator: record whom a staff page names; without the record, no page."""

    @wraps(view)
    def inner(request, *args, **kwargs):
        with shown_names.collect_shown_names() as shown:
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and not response.is_rendered:
                response = response.render()
        if shown and not 300 <= response.status_code < 400:
            record_many(_events(request, shown))
        return response

    return inner


def _events(request, shown):
    match = request.resolver_match
    own = next(iter(municipality_ids(request.user)), None)
    known = {person: place or own for person, place in shown.people.items()}
    common = {
        "action": Action.NAMES_SHOWN,
        "actor": request.user,
        "role": role_of(request.user),
        "page": (match.view_name or "", next(iter(match.kwargs.values()), "")),
        "audience": Audience.OFFICE,
    }
    if not shown.n_others and len(shown) <= MAX_RECORDED_ONE_BY_ONE:
        for (_, person_id), municipality_id in known.items():
            yield common | {
                "subject_id": person_id, "municipality_id": municipality_id, "n_people": 1
            }  # fmt: skip
        return
    for municipality_id in set(known.values()) or {own}:
        here = sum(place == municipality_id for place in known.values())
        yield common | {"municipality_id": municipality_id, "n_people": here + shown.n_others}
