"""Two staff posts give access to the union of what each gives alone, on every admin page."""

import ast
from pathlib import Path

import pytest

from apps.people.models import Role, StaffPost
from tests import factories
from tests.architecture.test_page_view_audit import (  # noqa: F401 - the plant
    ADULT,
    CHILD,
    _ask,
    _pages,
    _posts,
    case,
    planted,
    watched,
)
from tests.browser import Browser

# (at the school whose rows are walked, at another one)
PAIRS = [(Role.TEACHER, Role.PRINCIPAL), (Role.NURSE, Role.CITY)]  # a city: the one next door
REFUSED = {403, 404, 405}
APPS = Path(__file__).parents[2] / "apps"


def _person(c, here, there, which):
    """A person with the post here, the one elsewhere, or both."""
    user = factories.staff_post(here if which != "there" else there,
                          *_place(c, here if which != "there" else there, which),
                          of=_city(c, there, which), name=f"ふたつ {which}").user  # fmt: skip
    if which == "both":
        StaffPost.objects.create(
            municipality=c.elsewhere.municipality,
            school=None if there == Role.CITY else c.elsewhere,
            user=user, role=there, name="ふたつ both",
        )  # fmt: skip
    return user


def _place(c, role, which):
    at = c.school if which != "there" else c.elsewhere
    return [None if role == Role.CITY else at]


def _city(c, there, which):
    return (c.elsewhere if which == "there" else c.school).municipality


def _seen(desk, method, url, data):
    """(status, which of the names the page shows)."""
    status, body, _ = _ask(desk, method, url, data)
    return status, {word for word in (CHILD, ADULT) if word.encode() in body}


@pytest.mark.parametrize(("here", "there"), PAIRS)
def test_two_posts_open_no_page_that_neither_opens(planted, sign_in, here, there):  # noqa: F811
    c = planted
    c.elsewhere = (
        c.away_school if there == Role.CITY
        else factories.school(c.city, "C117220600025", "ほかの中学校(架空)")
    )  # fmt: skip
    desks = {}
    for which in ("here", "there", "both"):
        desks[which] = sign_in(_person(c, here, there, which), Browser)
        desks[which].raise_request_exception = False
    wider, wrong, n_pages = [], [], 0
    for name, urls in _pages(c):
        for url in urls:
            for method, data in (("get", None), ("post", _posts(c))):
                n_pages += 1
                both = _seen(desks["both"], method, url, data)
                if both[0] in REFUSED and not both[1]:
                    if both[0] != 405:
                        break  # who may open nothing opens no more than others, nor posts to it
                    continue
                alone = [_seen(desks["here"], method, url, data)]
                if both[0] == alone[0][0] and both[1] <= alone[0][1]:
                    continue  # nothing that the post here does not open: no need to ask there
                alone.append(_seen(desks["there"], method, url, data))
                if both[0] not in {status for status, _ in alone}:
                    wider.append((name, method, url, both[0], alone))
                if both[1] - alone[0][1] - alone[1][1]:
                    wrong.append((name, method, url))
    assert wider == []
    assert wrong == []
    assert n_pages > 150


def test_no_app_asks_for_posts_apart_from_verbs():
    """Outside people the posts of a person are read to name them, never to decide.

    Except the modules that decide which posts a request or a job has: the chosen one, the factor,
    and the one in which somebody uploaded a file.
    """
    allowed = {
        "cases/services/digests.py",
        "file_jobs/services/jobs.py",
        "helpdesk/admin/help_contacts.py",
        "helpdesk/question_views.py",
        "helpdesk/services/help_contacts.py",
        "helpline/admin/duty_rosters.py",
        "helpline/admin/help_requests.py",
        "helpline/forms.py",
        "notices/admin/notices.py",
        "notices/services/notice_reach.py",
        "signin/second_factor.py",
        "signin/services/account_locks.py",
        "signin/services/account_unlocks.py",
        "signin/services/factor_resets.py",
        "staffing/admin/posts.py",
        "staffing/chosen_post.py",
        "staffing/forms.py",
        "staffing/services/appointments.py",
        "staffing/services/initial_staff.py",
        "staffing/services/invitations.py",
        "staffing/views.py",
    }
    asking = set()
    for path in APPS.rglob("*.py"):
        where = str(path.relative_to(APPS))
        if where.startswith("people/") or "migrations" in where:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == "current_posts":
                asking.add(where)
            if isinstance(node, ast.ImportFrom) and node.module == "apps.people.permissions":
                assert "municipality_ids" not in {alias.name for alias in node.names}, where
    assert asking == allowed
