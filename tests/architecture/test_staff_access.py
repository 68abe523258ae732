"""Admin pages need a current staff post and a second factor."""

from allauth.mfa.models import Authenticator
from django.urls import reverse

from tests import factories

INDEX = reverse("admin:index")


def test_a_post_and_a_second_factor_open_today(cast, sign_in):
    assert sign_in(cast.nurse.user).get(INDEX).status_code == 200


def test_staff_without_a_second_factor_are_led_to_set_one_up(cast, sign_in):
    Authenticator.objects.filter(user=cast.nurse.user).delete()
    cast.nurse.user.set_password(factories.PASSWORD)
    cast.nurse.user.save()
    answer = sign_in(cast.nurse.user).get(INDEX, follow=True)
    assert reverse("mfa_activate_totp") in [url for url, _status in answer.redirect_chain]


def test_nobody_comes_in_without_signing_in(client, db):
    answer = client.get(INDEX, follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_guardians_and_students_are_refused(cast, sign_in):
    for person in (cast.midori.user, cast.sakura.user):
        assert sign_in(person).get(INDEX, follow=True).status_code == 403


def test_a_post_that_has_ended_opens_nothing(cast, sign_in):
    post = cast.nurse
    post.begins_on = post.ends_on = post.begins_on.replace(year=post.begins_on.year - 1)
    post.save()
    answer = sign_in(post.user).get(INDEX, follow=True)  # whose last post is over is not in at all
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))
