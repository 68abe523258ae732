"""Inline SVG icons: no request, and dark mode has its own colours."""

from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils.safestring import mark_safe

register = template.Library()


@lru_cache(maxsize=128)
def _drawing(name, size):
    path = Path(settings.BASE_DIR) / "templates" / "icons" / f"{name}.svg"
    if not name.replace("-", "").isalnum() or not path.exists():
        raise template.TemplateSyntaxError(f"no icon is called {name!r}")
    shape = path.read_text(encoding="utf-8").strip()
    extra = f" icon--{size}" if size else ""
    return mark_safe(shape.replace("<svg ", f'<svg class="icon{extra}" aria-hidden="true" ', 1))


@register.simple_tag
def icon(name, size=""):
    """The icon of this name from templates/icons, hidden from assistive technology.

    Text always stands beside it. Raises TemplateSyntaxError for an unknown name.
    """
    return _drawing(name, size)
