"""Two members of staff save the same form at the same moment: one wins, the other sees what changed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.urls import reverse

from apps.notices.models import SupportOrganisation
from apps.people.models import EmergencyAccess, Role
from tests import factories
from tests.browser import Browser, form_on

pytestmark = pytest.mark.django_db(transaction=True)
PHONES = ("0761-11-1111", "0761-22-2222")


def save_together(desks, address, forms):
    """The answers to the forms, sent from two threads as close together as they can be."""
    gate = threading.Barrier(len(desks))

    def save(desk, form):
        try:
            gate.wait(timeout=30)
            return desk.post(address, form)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(desks)) as pool:
        return list(pool.map(save, desks, forms))


def test_of_two_who_save_at_once_one_wins_and_the_other_reads_what_changed(cast, sign_in):
    row = SupportOrganisation.objects.create(
        municipality=cast.city, name="ここらぼ", phone="0761-00-0000"
    )
    address = reverse("admin:notices_supportorganisation_change", args=[row.pk])
    people = (cast.officer.user, factories.staff_post(Role.CITY, of=cast.city).user)
    desks = [sign_in(user) for user in people]
    forms = [
        form_on(desk.get(address), "phone") | {"phone": phone}
        for desk, phone in zip(desks, PHONES, strict=True)
    ]
    answers = save_together(desks, address, forms)
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 302)
    row.refresh_from_db()
    assert row.phone == PHONES[winner]
    text = answers[1 - winner].content.decode()
    assert "ほかの人が変えました" in text
    assert PHONES[winner] in text
    assert PHONES[1 - winner] in text


def test_an_emergency_that_is_begun_twice_at_once_is_one(cast, sign_in):
    address = reverse("admin:people_emergencyaccess_begin")
    desks = [sign_in(cast.homeroom.user, Browser) for _ in range(2)]
    typed = {
        "school_class": str(cast.class_2.pk),
        "number": "1",
        "why": "すぐに居場所を確かめるため",
    }
    answers = save_together(desks, address, [typed, typed])
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].url == answers[1].url
    assert EmergencyAccess.objects.count() == 1
