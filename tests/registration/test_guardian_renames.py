"""Staff correct a guardian's name: at once where informed only, by two people where they decide."""

import pytest
from django.db import connection
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.people.models import Guardian, Guardianship, PendingAct
from apps.people.services import pending_acts
from apps.registration.services import guardian_renames
from apps.registration.services.guardian_names import GuardianNames, names_of_guardian
from tests import factories
from tests.people.act_scenarios import propose
from tests.registration.confirmation_helpers import come, confirm, guardianship_of, letter_of

RIGHT = GuardianNames("加賀美", "ひかり", "カガミ", "ヒカリ")
FORM = {"family_name": "加賀美", "given_name": "ひかり", "family_kana": "かがみ",
        "given_kana": "ひかり"}  # fmt: skip
WHY = "公的な書類で名前を確かめたため"


def page(registration):
    return reverse("admin:registration_rename_guardian", args=[registration.pk])


def registered(cast, relation="mother"):
    letter = letter_of(cast.ren, by=cast.office.user)
    registration = come(letter, "hikaru@mail.example", relation=relation)
    confirm(registration, cast.nurse.user)
    return registration


def name_of(registration):
    return names_of_guardian(Guardian.objects.get(pk=registration.guardian_id))


def test_who_is_informed_is_renamed_at_once_and_on_record(cast, sign_in):
    registration = registered(cast, "grandparent")
    desk = sign_in(cast.principal.user)
    change = reverse("admin:registration_guardianregistration_change", args=[registration.pk])
    assert page(registration) in desk.get(change).content.decode()
    assert "加賀" in desk.get(page(registration)).content.decode()
    assert desk.post(page(registration), FORM).url == change
    assert name_of(registration) == RIGHT
    event = AuditEvent.objects.get(thing_id=str(registration.guardian_id))
    assert event.fields == ["family_name", "given_name", "family_kana", "given_kana"]
    assert not PendingAct.objects.exists()


def test_who_decides_is_renamed_by_two_and_the_closed_act_keeps_no_name(cast, sign_in):
    registration = registered(cast)
    desk = sign_in(cast.principal.user)
    propose(desk, desk.post(page(registration), FORM), WHY)
    act = PendingAct.objects.get()
    guardian_renames.follow_renamings()
    assert name_of(registration).family_name == "加賀"
    shown = reverse("admin:people_pendingact_change", args=[act.pk])
    assert "加賀美 ひかり" in sign_in(cast.officer.user).get(shown).content.decode()
    assert "加賀美 ひかり" not in sign_in(cast.nurse.user).get(shown).content.decode()
    with pytest.raises(pending_acts.CannotAct):
        pending_acts.confirm(act, by=cast.principal.user)
    pending_acts.confirm(act, by=cast.officer.user)
    guardian_renames.follow_renamings()
    assert name_of(registration) == RIGHT
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM people_pendingact WHERE id = %s", [act.pk])
        assert cursor.fetchone()[0] == ""


def test_a_name_that_changed_meanwhile_is_not_overwritten(cast):
    registration = registered(cast)
    before = name_of(registration)
    act = guardian_renames.propose_renaming(
        guardianship_of(registration), RIGHT, before=before, by=cast.principal.user, reason=WHY
    )
    Guardian.objects.filter(pk=registration.guardian_id).update(given_name="べつの")
    pending_acts.confirm(act, by=cast.officer.user)
    guardian_renames.follow_renamings()
    assert name_of(registration).given_name == "べつの"


def test_who_waits_was_named_by_a_roster_or_kept_out_is_not_renamed(cast, sign_in):
    waits = come(letter_of(cast.ren, by=cast.office.user), "w@mail.example")
    desk = sign_in(cast.principal.user)
    assert desk.post(page(waits), FORM).status_code == 403
    roster = Guardianship.objects.get(guardian=cast.midori)
    assert guardian_renames.why_not(roster, cast.principal.user) == guardian_renames.NOT_HERE
    confirm(waits, cast.nurse.user)
    Guardianship.objects.filter(pk=guardianship_of(waits).pk).update(standing="kept_out")
    assert desk.post(page(waits), FORM).status_code == 403
    assert name_of(waits).family_name == "加賀"


def test_only_lead_and_city_of_the_child_and_nobody_of_the_family(cast, sign_in):
    registration = registered(cast, "grandparent")
    for post in (cast.nurse, cast.office, cast.homeroom, cast.away_nurse):
        assert sign_in(post.user).post(page(registration), FORM).status_code in (403, 404)
    factories.guardianship(factories.guardian(cast.ren, "おや", email="p@example.com"), cast.sakura)
    Guardian.objects.filter(user__email="p@example.com").update(user=cast.principal.user)
    assert sign_in(cast.principal.user).post(page(registration), FORM).status_code in (403, 404)
    assert name_of(registration).family_name == "加賀"
