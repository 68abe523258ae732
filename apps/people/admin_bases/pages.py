"""Pages of an admin class besides Django's list and form."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path


class PagesAdmin(admin.ModelAdmin):
    """Has ``pages``: (route, name of the method, name of the URL).

    With ``row_page``, the name of a URL, one row has that page in place of Django's form.
    """

    pages: tuple[tuple[str, str, str], ...] = ()
    row_page = ""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [path(route, view(getattr(self, do)), name=name) for route, do, name in self.pages]
        return own + super().get_urls()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.row_page:
            return super().change_view(request, object_id, form_url, extra_context)
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return redirect(f"admin:{self.row_page}", row.pk)

    def render_page(
        self, request: HttpRequest, template: str, title: str, context: dict, status: int = 200
    ) -> HttpResponse:
        """A page of one's own with the title, the menu and the rest of every admin page."""
        context = {**self.admin_site.each_context(request), "title": title, **context}
        return render(request, template, context, status=status)
