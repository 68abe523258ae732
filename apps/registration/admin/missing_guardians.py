"""「保護者がまだの家庭」: the homes of a class without a confirmed guardian, and what was tried."""

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.people.admin_bases.pages import page
from apps.people.permissions import classes_where, may
from apps.registration.missing_guardians import (
    VERB,
    homes_without_guardian,
    students_without_guardian,
)


class MissingGuardiansMixin:
    """Mixin of an admin: the page of all classes and the page of one class."""

    @page("missing/", "registration_missing_guardians", require_safe, never_cache)
    def missing_classes(self, request):
        """The number of such homes in each class."""
        self._check_missing(request)
        missing = students_without_guardian(request.user).order_by().values("home_class")
        counts = dict(missing.annotate(n=Count("pk", distinct=True)).values_list("home_class", "n"))
        classes = classes_where(request.user, VERB).current().select_related("school")
        rows = [
            (each, counts.get(each.pk, 0))
            for each in classes.order_by("school__name", "grade", "title")
        ]
        context = {"rows": rows, "n_without_class": counts.get(None, 0)}
        return self._missing_page(request, "missing_classes", "保護者がまだの家庭", context)

    @page("missing/<uuid:pk>/", "registration_missing_of_class", require_safe, never_cache)
    def missing_class(self, request, pk):
        """The homes of one class."""
        self._check_missing(request)
        of_class = get_object_or_404(
            classes_where(request.user, VERB).select_related("school"), pk=pk
        )
        context = {
            "of_class": of_class, "rows": homes_without_guardian(of_class, request.user),
            "may_print": may(request.user, "letters.print", of_class),
        }  # fmt: skip
        return self._missing_page(
            request, "missing_class", f"{of_class} 保護者がまだの家庭", context
        )

    def _check_missing(self, request):
        if not may(request.user, VERB):
            raise PermissionDenied("保護者がまだの家庭を見る立場ではありません。")

    def _missing_page(self, request, name, title, context):
        return self.render_page(request, f"admin/registration/{name}.html", title, context)
