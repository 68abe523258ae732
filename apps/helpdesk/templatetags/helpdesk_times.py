"""Template filter: how long something took."""

from datetime import timedelta

from django import template

register = template.Library()


@register.filter
def how_long(value: timedelta | None) -> str:
    """Minutes below two hours, hours below two days, then days; a dash where there is none."""
    if value is None:
        return "—"
    hours = value.total_seconds() / 3600
    if hours < 2:
        return f"{hours * 60:.0f}分"  # no sentence
    return f"{hours:.0f}時間" if hours < 48 else f"{hours / 24:.0f}日"  # no sentence
