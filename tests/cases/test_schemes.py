"""Schemes: proposed from what a family let be read, to those who may read it, and to nobody else."""

import uuid

import pytest
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from apps.audit.models import Action
from apps.cases.models import Scheme, SchemeStep
from apps.cases.scheme_rules import HomeFacts, hints_met
from apps.cases.services import casework, schemes
from apps.cases.services.case_writing import CannotChangeCase
from apps.cases.services.timeline import timeline_of
from apps.people.models import Role, User
from tests import factories
from tests.browser import form_on
from tests.records import actors_of


@pytest.mark.parametrize(
    ("hints", "facts", "is_met"),
    [
        (["low_income"], HomeFacts(income_band="non_taxable"), True),
        (["low_income"], HomeFacts(income_band="flat_only"), True),
        (["low_income"], HomeFacts(income_band="taxed"), False),
        (["low_income"], HomeFacts(), False),
        (["single_adult"], HomeFacts(has_single_adult=True), True),
        (["single_adult", "low_income"], HomeFacts(has_single_adult=True), False),
        (
            ["low_income"],
            HomeFacts(income_band="non_taxable", received=frozenset({"school_aid"})),
            False,
        ),
    ],
)
def test_a_scheme_is_worth_asking_about_only_where_all_is_known(hints, facts, is_met):
    assert hints_met(hints, "school_aid", facts) is is_met


@pytest.fixture
def facts(monkeypatch):
    """The family's facts as they would be opened."""
    home = HomeFacts(income_band="non_taxable")
    monkeypatch.setattr(schemes, "_facts", lambda opened: home)


def test_only_who_may_read_income_sees_and_records_schemes(watched, case, facts, sign_in):
    schemes.seed_schemes(watched.city)
    assert schemes.seed_schemes(watched.city) == 0
    aid = Scheme.objects.get(name="就学援助")
    assert aid.is_draft and not aid.what
    case_page = reverse("admin:cases_supportcase_change", args=[case.pk])
    pages = {}
    for who in ("principal", "nurse"):
        client = sign_in(getattr(watched, who).user)
        client.post(reverse("admin:cases_open", args=[case.pk]), {"reason": "meeting"})
        pages[who] = client.get(case_page).content.decode()
    assert "たずねてみる制度" in pages["principal"] and "就学援助(下書き)" in pages["principal"]
    assert "児童扶養手当" not in pages["principal"].split("たずねてみる制度")[1].split("</ul>")[0]
    assert "就学援助" not in pages["nurse"]
    told = {"scheme": aid, "state": "told", "words": "母に わたした。", "form_key": uuid.uuid4()}
    with pytest.raises(PermissionDenied):
        schemes.add_scheme_step(case, actor=watched.nurse.user, **told)
    lead = watched.principal.user
    twice = [schemes.add_scheme_step(case, actor=lead, **told) for _ in range(2)]
    assert twice[0] == twice[1]
    assert actors_of(Action.SCHEME_RECORDED) == [lead]
    foreign = Scheme.objects.create(municipality=watched.away, name="となりの制度")
    with pytest.raises(CannotChangeCase, match="選べません"):
        schemes.add_scheme_step(case, actor=lead, **told | {"scheme": foreign})
    for user, shown in ((lead, "就学援助: 案内した"), (watched.nurse.user, casework.NOT_YOURS)):
        opened = casework.open_case(case, actor=user, reason="meeting")
        assert timeline_of(opened)[0].lines[0] == ("", shown)
    assert "就学援助".encode() not in bytes(SchemeStep.objects.get().sealed)


def test_the_city_writes_a_scheme_and_the_school_reads_it(watched, sign_in):
    schemes.seed_schemes(watched.city)
    aid = Scheme.objects.get(name="就学援助")
    url = reverse("admin:cases_scheme_change", args=[aid.pk])
    assert sign_in(watched.nurse.user).get(url).status_code == 200
    assert sign_in(watched.nurse.user).post(url, {"name": "x"}).status_code == 403
    assert sign_in(watched.away_nurse.user).get(url).status_code in (302, 404)


def test_who_works_for_two_cities_says_for_which_a_scheme_is(watched, sign_in, rf):
    """With one there is no question."""
    add, officer = reverse("admin:cases_scheme_add"), watched.officer
    client = sign_in(officer.user)
    page = client.get(add)
    assert 'name="municipality"' not in page.content.decode()
    client.post(add, form_on(page, "form_key") | {"name": "制服リユース", "is_draft": "on"})
    assert Scheme.objects.get(name="制服リユース").municipality == watched.city
    other = factories.municipality("172031", "小松市(架空)")
    post = factories.new_post(Role.CITY, of=other, name=officer.name)
    post.user = officer.user
    post.save()
    request = rf.get(add)
    request.user = User.objects.get(pk=officer.user.pk)
    admin = site.get_model_admin(Scheme)
    assert admin.get_fields(request)[0] == "municipality"
    choices = admin.get_form(request)().fields["municipality"].queryset
    assert set(choices) == {watched.city, other}
