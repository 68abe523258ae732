"""The first two staff members confirm each other; no third one can join this way."""

import re
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.core.clock import today
from apps.people.models import Municipality, Role, StaffPost, User
from apps.people.permission_tables import ROLES_BY_VERB
from apps.people.permissions import may
from apps.staffing.services import initial_staff
from apps.staffing.services.invitations import CannotJoin
from tests import factories
from tests.browser import Browser

STAFF, JOIN, FIRST = (
    reverse(f"staffing:{name}") for name in ("enter_number", "join", "confirm_initial_staff")
)


def numbers(code="172999", name="はじめの市(架空)"):
    """{role: number} as the command prints them."""
    output = StringIO()
    call_command("first_two", code, name=name, stdout=output)
    return dict(re.findall(r"^(\w+) +\S+#([0-9A-Z-]+)$", output.getvalue(), re.MULTILINE))


def come(number, address, name="だれか"):
    visitor = Browser()
    visitor.post(STAFF, {"code": number})
    return visitor.post(JOIN, {"name": name, "mail": address})


@pytest.fixture
def two(db):
    """The posts of both, joined and unconfirmed."""
    printed = numbers()
    assert set(printed) == {"city", "privacy"}
    assert "登録しました" in come(printed["city"], "city@first.example").content.decode()
    assert "登録しました" in come(printed["privacy"], "privacy@first.example").content.decode()
    return {post.role: post for post in StaffPost.objects.filter(is_waiting=True)}


def fresh(post):
    return User.objects.get(pk=post.user_id)


def test_until_each_has_confirmed_the_other_neither_may_anything(two, sign_in):
    city, privacy = two["city"], two["privacy"]
    for verb in ROLES_BY_VERB:
        assert not may(fresh(city), verb)
    initial_staff.confirm_post(privacy.pk, by=fresh(city))
    assert not may(fresh(privacy), "staff.appoint")
    assert not may(fresh(city), "staff.appoint")
    initial_staff.confirm_post(city.pk, by=fresh(privacy))
    assert may(fresh(city), "staff.appoint")
    assert may(fresh(privacy), "staff.appoint")
    assert any(message.to == ["city@first.example"] for message in mail.outbox)


def test_the_page_of_the_two_asks_for_a_second_factor_and_confirms_the_other(two, sign_in):
    city = fresh(two["city"])
    factories.second_factor(city)
    bare = Browser()
    bare.force_login(city, backend=factories.auth_backend_of(city))
    assert bare.get(FIRST).status_code == 302
    desk = sign_in(city)
    assert "privacy@first.example" in desk.get(FIRST).content.decode()
    assert desk.get(reverse("admin:index")).status_code in (302, 403)
    desk.post(FIRST, {"post": str(two["privacy"].pk)})
    assert initial_staff.posts_to_confirm(fresh(two["city"])).count() == 0
    assert desk.post(FIRST, {"post": "x"}).status_code == 302


def test_nobody_confirms_themselves_or_takes_both_places(db):
    printed = numbers()
    come(printed["city"], "one@first.example")
    answer = come(printed["privacy"], "one@first.example")
    assert answer.status_code == 422
    assert "べつの人" in answer.content.decode()
    post = StaffPost.objects.get(user__email="one@first.example")
    with pytest.raises(CannotJoin):
        initial_staff.confirm_post(post.pk, by=fresh(post))


def test_an_address_works_once(two):
    printed = numbers()  # the earlier ones end, with the posts taken by them
    assert not StaffPost.objects.filter(is_waiting=True, ended_at=None).exists()
    come(printed["city"], "late@first.example")
    assert come(printed["city"], "later@first.example").status_code == 422


def test_with_both_in_place_the_command_refuses(two):
    for one, other in (("city", "privacy"), ("privacy", "city")):
        initial_staff.confirm_post(two[one].pk, by=fresh(two[other]))
    with pytest.raises(CommandError, match="Both posts are held"):
        numbers()


def test_where_one_is_gone_only_that_place_opens_and_everybody_is_told(cast):
    privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="保護の担当")
    StaffPost.objects.filter(pk=privacy.pk).update(
        begins_on=None, ends_on=today().replace(year=2020)
    )
    printed = numbers(cast.city.code, "")
    assert set(printed) == {"privacy"}
    recipients = {address for message in mail.outbox for address in message.to}
    assert {cast.officer.user.email, cast.principal.user.email} <= recipients
    come(printed["privacy"], "next@city.example", "つぎの人")
    post = StaffPost.objects.get(user__email="next@city.example")
    assert not may(fresh(post), "audit.view")
    initial_staff.confirm_post(post.pk, by=User.objects.get(pk=cast.officer.user_id))
    assert may(fresh(post), "audit.view")


def test_a_new_municipality_needs_a_name_and_a_proper_code(db):
    for code, name in (("172999", ""), ("17", "市"), ("abcdef", "市")):
        with pytest.raises(CommandError, match="no municipality"):
            call_command("first_two", code, name=name, stdout=StringIO())
    assert not Municipality.objects.exists()


def test_no_account_of_a_guardian_takes_a_place(cast):
    factories.staff_post(Role.PRIVACY, of=cast.away, name="となり")
    printed = numbers(cast.away.code, "")
    assert come(printed["city"], "midori@example.com").status_code == 422
    assert not StaffPost.objects.filter(user=cast.midori.user).exists()
