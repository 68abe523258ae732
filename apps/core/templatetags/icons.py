"""Inline SVG icons: no request, and dark mode has its own colours."""

from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.utils.safestring import mark_safe

register = template.Library()


def _shape(name):
    path = Path(settings.BASE_DIR) / "templates" / "icons" / f"{name}.svg"
    if not name.replace("-", "").isalnum() or not path.exists():
        raise template.TemplateSyntaxError(f"no icon is called {name!r}")
    return path.read_text(encoding="utf-8").strip()


@lru_cache(maxsize=128)
def _drawing(name, size):
    shape = _shape(name)
    extra = f" icon--{size}" if size else ""
    return mark_safe(shape.replace("<svg ", f'<svg class="icon{extra}" aria-hidden="true" ', 1))


@register.simple_tag
def icon(name, size=""):
    """The icon of this name from templates/icons, hidden from assistive technology.

    Text always stands beside it. Raises TemplateSyntaxError for an unknown name.
    """
    return _drawing(name, size)


@lru_cache(maxsize=32)
def _symbol(name):
    inside = _shape(name).replace("<svg ", f'<symbol id="symbol-{name}" ', 1)
    return mark_safe(inside.removesuffix("</svg>") + "</symbol>")


@register.simple_tag
def icon_symbol(name):
    """The icon as a symbol, for a larger picture that draws it many times (``<use>``)."""
    return _symbol(name)
