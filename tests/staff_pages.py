"""Every staff page that needs no row in its address, from the admin site's own URL conf."""

from django.contrib import admin
from django.test import RequestFactory
from django.urls import URLResolver, reverse

from apps.people.models import Role
from tests import factories

# Pages left out, and why.
LEFT_OUT = {
    "login": "sign-in is allauth's",
    "logout": "ends the session",
    "password_change": "redirects",
    "password_change_done": "redirects",
    "jsi18n": "words alone",
    "autocomplete": "answers a search of a form, page by page",
}
SCHOOL_ROLES = {
    "counsellor": Role.COUNSELLOR,
    "social_worker": Role.SOCIAL_WORKER,
    "teacher": Role.TEACHER,
}
CITY_ROLES = {"privacy": Role.PRIVACY, "family_centre": Role.FAMILY_CENTRE}


def everybody(c):
    """{role: its post}: the cast's staff, and one of each role that the cast has not."""
    found = {role: getattr(c, role, None) for role in ("homeroom", "nurse", "principal", "office")}
    found |= {role: getattr(c, role) for role in ("officer", "helpdesk")}
    for name, role in SCHOOL_ROLES.items():
        found[name] = getattr(c, name, None) or factories.staff_post(role, c.school, name="先生")
    for name, role in CITY_ROLES.items():
        found[name] = factories.staff_post(role, of=c.city, name="市の人")
    found["year_head"] = factories.staff_post(Role.YEAR_HEAD, c.school, grade="J1", name="学年主任")
    return found


def page_urls(user):
    """{URL name: URL} of every page but the lists, LEFT_OUT, and forms for rows they may not add."""
    request = RequestFactory().get("/")
    request.user = user
    found = {}
    for entry in admin.site.get_urls():
        for pattern in entry.url_patterns if isinstance(entry, URLResolver) else [entry]:
            name = pattern.name
            is_plain = name and not (pattern.pattern.converters or pattern.pattern.regex.groups)
            if is_plain and name not in LEFT_OUT and not name.endswith("_changelist"):
                found[name] = reverse(f"admin:{name}")
    for model, each in admin.site._registry.items():
        if not each.has_add_permission(request):
            found.pop(f"{model._meta.app_label}_{model._meta.model_name}_add", None)
    return found
