"""A form that adds something and is sent twice makes one row; nothing that was typed is lost."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.core import form_keys
from apps.core.clock import today
from apps.core.models import UsedFormKey
from apps.notices.models import Notice, SupportOrganisation
from apps.people.admin_bases.add_once import AddOnceAdmin
from apps.people.models import SchoolBreak
from tests.browser import form_on

KEY = form_keys.FIELD_NAME
NAMES = {
    SupportOrganisation: ("officer", "name", {"phone": "0761-72-0000"}),
    Notice: ("officer", "title", {"body": "本文"}),
    SchoolBreak: ("principal", "title", {}),
}


def add_url(model):
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_add")


@pytest.fixture(params=NAMES, ids=lambda model: model.__name__)
def filled(request, cast, sign_in):
    """(client, model, url, name of the field, the form as it would be posted)."""
    who, field, more = NAMES[request.param]
    desk = sign_in(getattr(cast, who).user)
    form = form_on(desk.get(add_url(request.param)), having=KEY)
    if request.param is SchoolBreak:
        days = {"begins_on": str(today()), "ends_on": str(today() + timedelta(days=1))}
        more = {"school": str(cast.school.pk), **days}
    return desk, request.param, add_url(request.param), field, {**form, **more, field: "一つだけ"}


def test_every_staff_page_that_adds_checks_a_key():
    adding = [d for d in admin.site._registry.values() if getattr(d, "edit_verb", None)]
    assert adding and all(isinstance(model_admin, AddOnceAdmin) for model_admin in adding)


def test_a_double_click_makes_one_row_and_leads_where_the_first_led(filled):
    desk, model, url, _, form = filled
    first, second = desk.post(url, form), desk.post(url, form)
    assert (first.status_code, second.status_code) == (302, 302)
    assert second.url == first.url
    assert model.objects.count() == 1


def test_another_text_after_back_comes_back_and_may_be_saved_as_another(filled):
    desk, model, url, field, form = filled
    desk.post(url, form)
    page = desk.post(url, {**form, field: "べつのもの"})
    assert page.status_code == 422
    assert re.search(r"にもう「[^」]*一つだけ[^」]*」を保存しました", page.content.decode())
    assert model.objects.count() == 1
    again = form_on(page, having=KEY)
    assert again[field] == "べつのもの"
    assert desk.post(url, again).status_code == 302
    assert model.objects.count() == 2


def test_a_refused_form_may_be_sent_again_with_its_key(filled):
    desk, model, url, field, form = filled
    assert desk.post(url, {**form, field: ""}).status_code == 422
    assert UsedFormKey.objects.count() == 0
    assert desk.post(url, form).status_code == 302
    assert model.objects.count() == 1


def test_a_key_is_good_for_its_person_and_its_form_alone(rf, cast):
    request = rf.post("/")
    request.user = cast.officer.user
    key = form_keys.new_key(request, "notices.Notice")
    request.POST = {KEY: key}
    assert re.fullmatch("[0-9a-f]{32}", form_keys.posted_key(request, "notices.Notice"))
    assert form_keys.posted_key(request, "people.SchoolBreak") == ""
    request.user = cast.principal.user
    assert form_keys.posted_key(request, "notices.Notice") == ""
    request.POST = {KEY: "made-up"}
    assert form_keys.posted_key(request, "notices.Notice") == ""


def test_keys_are_forgotten_after_two_days(filled):
    desk, _, url, _, form = filled
    desk.post(url, form)
    UsedFormKey.objects.update(used_at=UsedFormKey.objects.get().used_at - timedelta(days=3))
    form_keys.use_key("0" * 32, "")
    assert form_keys.delete_expired_keys() == 1
    assert [one.key for one in UsedFormKey.objects.all()] == ["0" * 32]


def test_ones_own_change_is_not_called_another_persons(cast, sign_in):
    one = SupportOrganisation.objects.create(
        municipality=cast.city, name="ここ", phone="0761-72-0000"
    )
    desk = sign_in(cast.officer.user)
    url = reverse("admin:notices_supportorganisation_change", args=[one.pk])
    form = form_on(desk.get(url))
    assert desk.post(url, {**form, "phone": "0761-72-1111"}).status_code == 302
    page = desk.post(url, {**form, "phone": "0761-72-2222"})
    text = page.content.decode()
    assert page.status_code == 422
    assert re.search(r"あなたが きょう \d\d:\d\d に変えました", text)
    assert "ほかの人" not in text
    again = form_on(page)
    assert again["phone"] == "0761-72-2222"
    assert desk.post(url, again).status_code == 302


def test_an_organisation_of_a_name_that_is_there_is_not_added_by_the_form(cast, sign_in):
    SupportOrganisation.objects.create(municipality=cast.city, name="丙センター")
    desk = sign_in(cast.officer.user)
    form = form_on(desk.get(add_url(SupportOrganisation)), having=KEY)
    page = desk.post(add_url(SupportOrganisation), {**form, "name": " 丙ｾﾝﾀｰ"})
    assert page.status_code == 422
    assert "この自治体の窓口にもうあります" in page.content.decode()
    assert SupportOrganisation.objects.count() == 1
