"""The list of closed cases, page by page."""

import datetime as dt
import re

from django.urls import reverse

from apps.cases.models import SupportCase
from apps.cases.services import closed_cases
from apps.core import clock


def test_the_closed_list_goes_on_after_a_row(watched, sign_in, monkeypatch):
    """Paged by key, and what narrows it stays."""
    nurse = sign_in(watched.nurse.user)
    monkeypatch.setattr(closed_cases, "PAGE_SIZE", 2)
    at, base = clock.now(), {"municipality": watched.city, "school": watched.school}
    made = [
        SupportCase.objects.create(
            **base,
            student=watched.sakura,
            state="closed",
            closed_at=at - dt.timedelta(hours=n // 2),
        )
        for n in range(5)
    ]
    query, seen = "?month=2026-11", []
    while query:
        page = nurse.get(reverse("admin:cases_closed") + query).content.decode()
        seen += [case.pk for case in made if str(case.pk) in page]
        older = re.search(r'href="([^"]+)">前のもの', page)
        query = older[1].replace("&amp;", "&") if older else ""
        assert not query or "month=2026-11" in query
    assert sorted(seen) == sorted(case.pk for case in made)
