"""Addresses, names and titles are found in whatever width and case they were typed."""

import pytest
from allauth.account import app_settings
from allauth.utils import get_form_class

from apps.people.models import User
from apps.people.normalisation import normalise_mail, normalise_name
from apps.staffing.services.invitations import staff_account_for
from tests import factories

WIDE = "ＮＵＲＳＥ＠Example.com"


@pytest.mark.parametrize(
    "written", ["nurse@example.com", WIDE, " nurse@EXAMPLE.com ", "nurse＠example．com"]
)
def test_an_address_has_one_form(written):
    assert normalise_mail(written) == "nurse@example.com"


def test_names_are_compared_in_one_width():
    assert normalise_name("加賀　さくら") == normalise_name(" 加賀  さくら")


def test_an_address_in_another_width_is_the_same_account(db):
    users = [staff_account_for(mail) for mail in ("nurse@example.com", WIDE)]
    assert users[0] == users[1]
    assert User.objects.filter(email__iexact="nurse@example.com").count() == 1


def test_an_account_kept_with_capitals_is_found(db):
    user = factories.user("Nurse@Example.com", is_staff=True)
    assert staff_account_for("nurse@example.com") == user


@pytest.mark.parametrize("form", ["login", "signup", "reset_password", "add_email"])
def test_every_form_of_an_account_reads_an_address_in_any_width(db, rf, form):
    form_class = get_form_class(app_settings.FORMS, form, None)
    form_class = (
        form_class(user=factories.user("a@example.com")) if form == "add_email" else form_class()
    )
    field = form_class.fields["login" if form == "login" else "email"]
    assert field.clean(WIDE) == "nurse@example.com"
