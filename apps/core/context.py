"""What every template may rely on."""

from django.conf import settings


def portal(request):
    """``is_demo``: say on every page that the people and records are invented.

    ``has_self_info``: whether there is a マイナポータル (or its stand-in) to go to.
    """
    has_self_info = bool(settings.SELF_INFO_URL or settings.SELF_INFO_SANDBOX_URL)
    return {"is_demo": settings.IS_DEMO, "has_self_info": has_self_info}
