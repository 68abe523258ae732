"""Template tag: what does not work now, on the pages where people sign in."""

from uuid import UUID

from django import template
from django.template.context import Context

from apps.helpdesk.services import service_status as status
from apps.notices.reader_city import municipality_of_reader

register = template.Library()


@register.inclusion_tag("helpdesk/_service_status.html", takes_context=True)
def service_status(context: Context, city_id: UUID | None = None) -> dict:
    """The troubles of now and the city's own sentences; ``city_id`` where the page knows the city."""
    if not city_id:
        city = municipality_of_reader(context["request"])
        city_id = city.pk if city else None
    return {"troubles": status.troubles(city_id), "notes": status.notes_of(city_id)}
