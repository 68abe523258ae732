"""Includes parts of a page that are the same for everybody: rendered once a language."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def include_fixed(name: str) -> SafeString:
    """A template that depends on nothing but the language; its first line says "Expects nothing"."""
    return _rendered(name, get_language())


@lru_cache(maxsize=256)
def _rendered(name: str, language: str) -> SafeString:
    return mark_safe(render_to_string(name))
