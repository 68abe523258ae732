"""Methods marked as pages of an admin class have their URLs before Django's own."""

import pytest
from django.contrib.admin import AdminSite
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from apps.people.admin_bases.pages import PagesAdmin, page
from apps.people.models import School


class Shared:
    @page("<uuid:pk>/shared/", "test_shared")
    def shared(self, request, pk):
        return HttpResponse("shared")


class SchoolPages(Shared, PagesAdmin):
    row_page = "test_one"

    @page("<uuid:pk>/one/", "test_one", require_safe)
    def one(self, request, pk):
        return HttpResponse("one")

    @page("<uuid:pk>/<slug:verb>/", "test_any")
    def any_verb(self, request, pk, verb):
        return HttpResponse(verb)


class OpenSite(AdminSite):
    def admin_view(self, view, cacheable=False):
        return view


@pytest.fixture
def pages():
    return SchoolPages(School, OpenSite())


def test_pages_stand_in_the_order_in_which_they_are_written_before_djangos(pages):
    names = [each.name for each in pages.get_urls()]
    assert names[:3] == ["test_one", "test_any", "test_shared"]
    assert "people_school_changelist" in names[3:]


def test_a_guard_refuses_before_the_page(pages, rf):
    view = pages.get_urls()[0].callback
    assert view(rf.get("/"), pk=1).content == b"one"
    assert view(rf.post("/"), pk=1).status_code == 405


def test_a_row_without_a_page_of_its_own_is_not_found(pages, rf, monkeypatch):
    monkeypatch.setattr(pages, "get_object", lambda request, pk: None)
    with pytest.raises(Http404):
        pages.change_view(rf.get("/"), "1")
