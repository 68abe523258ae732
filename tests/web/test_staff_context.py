"""What every staff page knows is what Django's admin tells its pages, without the sidebar's list."""

from django.contrib import admin
from django.contrib.admin import AdminSite

LEFT_OUT = {"available_apps": []}  # of a sidebar that no page has
ASKED_LATER = {"log_entries"}  # a query set, made anew for each page


def test_a_staff_page_knows_what_djangos_pages_know(cast, rf):
    for start in ("", "/portal"):
        request = rf.get("/admin/", SCRIPT_NAME=start)
        request.user, request.session = cast.officer.user, {}
        own = admin.site.each_context(request)
        djangos = AdminSite.each_context(admin.site, request)
        assert own.keys() == djangos.keys()
        for name in own.keys() - ASKED_LATER:
            assert own[name] == (djangos | LEFT_OUT)[name], name
