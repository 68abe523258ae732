"""Every admin add form carries a key; submitted twice it makes one row."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from apps.cases.models import Scheme
from apps.checkins.models import CheckInSettings, QuestionSet
from apps.consent.models import Programme
from apps.core import form_keys
from apps.core.clock import today
from apps.helpdesk.models import (
    AnswerTemplate,
    HelpContact,
    HelpEntry,
    ServiceNote,
    SupportIssue,
    SupportVisit,
)
from apps.helpline.models import DutyRoster, ProtectionRoute
from apps.linkage.models import DataSource
from apps.notices.models import Notice, SupportOrganisation
from apps.people.models import Role, SchoolBreak
from apps.push.models import QuietHours
from apps.selfinfo.models import SelfInfoCode
from apps.signin.models import LtiPlatform, MynaService, SchoolAccountService
from tests import factories
from tests.browser import Browser, form_on

KEY = form_keys.FIELD_NAME


def _days(n):
    return str(today() + timedelta(days=n))


def _at(c):
    return {"school": str(c.school.pk)}


# What a person types, besides what the page was drawn with. A new add page needs a line here.
TYPED = {
    DataSource: lambda c: {**_at(c), "kind": "school_files", "title": "出欠", "place": "x"},
    DutyRoster: lambda c: {
        **_at(c), "first": str(c.nurse.user.pk), "second": str(c.counsellor.user.pk),
        "last": str(c.principal.user.pk),
    },
    ProtectionRoute: lambda c: {
        "municipality": str(c.city.pk), "first": str(c.nurse.user.pk),
        "second": str(c.counsellor.user.pk), "last": str(c.officer.user.pk), "why": "first",
    },
    AnswerTemplate: lambda c: {"topic": "card", "title": "カード", "body": "担任の先生へ"},
    HelpEntry: lambda c: {"title": "てがみ", "body": "まつ", "for_guardians": "on"},
    ServiceNote: lambda c: {
        "words": "おそいです", "begins_at": f"{_days(0)}T08:00", "ends_at": f"{_days(1)}T08:00",
    },
    SupportIssue: lambda c: {"title": "文字が小さい", "state": "recorded", "priority": "2_normal"},
    SupportVisit: lambda c: {
        "school": str(c.school.pk), "visited_on": _days(0), "done": "説明",
    },
    HelpContact: lambda c: {"phone": "0761-72-0000"},
    Scheme: lambda c: {"name": "就学援助"},
    Notice: lambda c: {"title": "おしらせ", "body": "本文"},
    Programme: lambda c: {
        "municipality": str(c.away.pk), "title": "はじめての取り組み", "begins_on": _days(1),
        "ends_on": _days(300), "contact": "市", "address": "となり市", "email": "a@example.com",
        "phone": "0761-72-0000",
    },
    QuestionSet: lambda c: {"code": "extra", "title": "ついか", "lead": "はじめに"},
    QuietHours: lambda c: {**_at(c), "begins": "21:00", "ends": "07:00"},
    SchoolBreak: lambda c: {**_at(c), "title": "休み", "begins_on": _days(1), "ends_on": _days(1)},
    CheckInSettings: _at,
    LtiPlatform: lambda c: {
        "name": "まなび", "issuer": "https://p.example", "client_id": "c-1",
        "auth_url": "https://login.microsoftonline.com/a", "keyset_url": "https://login.microsoftonline.com/k", "deployment_ids": "1",
    },
    MynaService: lambda c: {"environment": "sandbox", "client_id": "RP1"},
    SchoolAccountService: lambda c: {"kind": "google", "client_id": "c-1", "domain": "a.example"},
    SelfInfoCode: lambda c: {
        "meaning": "tax_year", "name_code": "TM00000000000001", "item_code": "0100000010",
    },
    SupportOrganisation: lambda c: {"name": "ここ", "phone": "0761-72-0000"},
}  # fmt: skip


@pytest.fixture
def clients(cast, sign_in):
    """A client for one person of each role."""
    cast.privacy = factories.staff_post(Role.PRIVACY, of=cast.city, name="保護の担当")
    names = ("officer", "principal", "nurse", "homeroom", "helpdesk", "counsellor", "privacy")
    return [sign_in(getattr(cast, name).user, Browser) for name in names]


def add_url(model):
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_add")


def add_page(model, clients):
    """(the first client that may add, its page), or None where nobody may."""
    try:
        url = add_url(model)
    except NoReverseMatch:
        return None
    for client in clients:
        page = client.get(url)
        if page.status_code == 200:
            return client, page
    return None


def test_every_add_page_that_somebody_may_open_is_walked_here(clients):
    open_ones = {model for model in admin.site._registry if add_page(model, clients)}
    assert open_ones == set(TYPED)


@pytest.mark.parametrize("model", TYPED, ids=lambda model: model.__name__)
def test_a_form_sent_twice_makes_one_row(model, clients, cast, sign_in):
    if model is Programme:  # one that has none yet: adding another is a proposal
        clients = [sign_in(factories.staff_post(Role.CITY, of=cast.away).user, Browser)]
    if model is SchoolBreak:  # the city's is one of many schools, and a proposal
        clients = [sign_in(cast.principal.user, Browser)]
    client, page = add_page(model, clients)
    form = {**form_on(page, having=KEY), **TYPED[model](cast)}
    before = model.objects.count()
    first, second = client.post(add_url(model), form), client.post(add_url(model), form)
    errors = first.context and getattr(first.context.get("adminform"), "errors", "")
    assert first.status_code == 302, errors
    assert model.objects.count() == before + 1
    assert (second.status_code, second.url) == (302, first.url)
