"""What every template may rely on."""

from django.conf import settings


def portal(request):
    """``is_demo``: say on every page that the people and records are invented."""
    return {"is_demo": settings.IS_DEMO}
