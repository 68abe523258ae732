"""Every URL of the portal with its parameters filled in, for tests that request them all."""

import re

from django.urls import URLPattern, get_resolver

ID = "00000000-0000-4000-8000-000000000000"
FILLED = {"uuid": ID, "int": "1", "slug": "abc", "str": "abc", "path": "abc", None: "abc"}


def every_route(patterns=None, before="/"):
    """[(route as written, the URLPattern)] of the whole portal."""
    found = []
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            found.append((route, each))
        else:
            found += every_route(each.url_patterns, route)
    return found


def every_address():
    """[(URL with ordinary parameters, the URLPattern)] of the whole portal."""
    return [(filled(route), pattern) for route, pattern in every_route()]


def open_addresses():
    """The URLs that need no sign-in."""
    return [
        address
        for address, pattern in every_address()
        if not getattr(pattern.callback, "login_required", True)
    ]


def filled(route):
    """The route with parameters filled in; for a regular expression a likely match."""
    if "^" in route or "(?P<" in route:
        named = re.sub(r"\(\?P<\w+>[^()]*(?:\([^()]*\)[^()]*)*\)", "abc", route)
        return re.sub(r"[\^$?]|\\Z|\\", "", named)
    return re.sub(r"<(?:(\w+):)?\w+>", lambda place: FILLED.get(place[1], "abc"), route)


def addresses_of_people(ids, words):
    """Every URL outside the admin, with each of ``ids`` and ``words`` as parameters."""
    found = set()
    for route, _ in every_route():
        if route.startswith("/admin/"):
            continue
        for one in ids:
            for word in words:
                known = {"uuid": str(one), "str": word, "slug": word, None: word}
                address = re.sub(
                    r"<(?:(\w+):)?\w+>", lambda place, known=known: known.get(place[1], "1"), route
                )
                found.add(filled(address))
    return sorted(found)
