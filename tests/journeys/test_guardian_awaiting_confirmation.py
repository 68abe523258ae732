"""What is drawn while a guardian who came by a letter waits: their page, the student's, the list."""

import pytest
from django.test import Client

from apps.people.models import Guardian
from apps.registration.services import letters
from tests import factories
from tests.registration.letter_helpers import say_no

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def enter(walker, user):
    """This browser is signed in as ``user``."""
    client = Client()
    factories.force_sign_in(client, user)
    cookie = client.cookies["sessionid"]
    walker.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": walker.base}])
    return walker


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_of_an_arrival_fit_and_name_no_child_to_the_newcomer(walker, cast, dark):
    hikaru = Guardian.objects.create(
        municipality=cast.city, source_id="g-new", family_name="加賀", given_name="ひかる"
    )
    factories.guardianship(hikaru, cast.sakura)
    ((_, code),) = letters.issue_guardian_letters([hikaru], by=cast.homeroom.user)
    account = factories.user("hikaru@example.com")
    letters.accept_guardian_letter(code, account, tells_others=False)
    which = "dark" if dark else "light"
    for size, user, path in (
        ("phone", account, "/"), ("tablet", cast.sakura.user, "/"),
        ("desk", cast.nurse.user, "/admin/registration/guardianregistration/waiting/"),
        ("desk", cast.nurse.user, "/admin/registration/guardianregistration/"),
    ):  # fmt: skip
        visitor = enter(walker(size, dark=dark), user)
        visitor.go(path)
        visitor.check(f"registration-{size}-{path.strip('/').replace('/', '-')}-{which}")
        if user == account:
            assert "さくら" not in visitor.page.content()
    say_no(hikaru, cast.nurse.user)
    for size, user in (("phone", account), ("tablet", cast.sakura.user)):
        visitor = enter(walker(size, dark=dark), user)
        visitor.go("/")
        visitor.check(f"registration-refused-{size}-{which}")
