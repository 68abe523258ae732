"""Pages of an admin class besides Django's list and form."""

from collections.abc import Callable
from functools import reduce
from typing import Any, TypeVar

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path

View = TypeVar("View", bound=Callable)


def page(route: str, name: str, *guards: Callable) -> Callable[[View], View]:
    """Marks a method of a PagesAdmin as a page, with its route and the name of its URL.

    ``guards`` are view decorators (require_POST, never_cache), the inner one first.
    """

    def mark(view: View) -> View:
        view.admin_page = (route, name, guards)  # type: ignore[attr-defined]
        return view

    return mark


class PagesAdmin(admin.ModelAdmin):
    """Has a page for each method marked with ``page``, in the order in which they are written.

    With ``row_page``, the name of a URL, one row has that page in place of Django's form.
    """

    row_page = ""

    def get_urls(self) -> list[URLPattern]:
        own = []
        for method in dict.fromkeys(name for cls in type(self).__mro__ for name in vars(cls)):
            marked = getattr(getattr(type(self), method, None), "admin_page", None)
            if marked:
                route, name, guards = marked
                view = reduce(lambda inner, guard: guard(inner), guards, getattr(self, method))
                own.append(path(route, self.admin_site.admin_view(view), name=name))
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
