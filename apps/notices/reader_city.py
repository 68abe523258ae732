"""Which municipality's organisations and contacts a page shows to whoever reads it."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from apps.notices.services.organisations import reader_municipality
from apps.people.models import Municipality

CODE_LENGTH = 6  # 全国地方公共団体コード


def named_city(request: HttpRequest) -> str:
    """The code that the address or the posted form names, or ""."""
    return (request.GET.get("city") or request.POST.get("city") or "")[:CODE_LENGTH]


def municipality_of_reader(request: HttpRequest) -> Municipality | None:
    """The reader's own municipality, the one that the page names, or the only one there is."""
    user = getattr(request, "user", None) or AnonymousUser()
    return reader_municipality(user, named_city(request))
