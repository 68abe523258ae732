"""What a form needs to be sealed on a tablet without network."""

from django import template
from django.utils.html import format_html

from apps.checkins.services.delivery_keys import key_point, todays_key

register = template.Library()


@register.simple_tag
def sealing_key():
    """The attributes that name today's key to static/js/checkin_form.js."""
    key = todays_key()
    return format_html('data-sealed-to="{}" data-point="{}"', key.pk, key_point(key))
