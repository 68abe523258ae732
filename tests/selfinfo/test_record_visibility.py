"""What a guardian read with their own card is that guardian's: nobody else of the family reads it."""

import datetime as dt
import json
import re
import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.consent.models import DeletionCertificate, DeletionCount, SweepMark
from apps.consent.services.decisions import withdraw
from apps.disclosure.services.access_days import all_access_days
from apps.linkage.models import DataSource, LinkedRecord, SourceKind
from apps.linkage.services.deletion import delete_expired_records
from apps.selfinfo.services.answers import self_info_source
from apps.vault.services.key_pauses import pause_keys
from apps.vault.services.keys import key_for_writing
from apps.vault.services.sealed_content import (
    OpeningReason,
    evaluate_sealed,
    open_for_guardian,
    open_own,
    open_sealed,
)
from tests import factories
from tests.architecture.addresses import addresses_of_people
from tests.selfinfo.guardian_browser import ALL, GuardianBrowser, carry

BANDS = {
    "household": {"adults": 7431, "children": 8642, "single_adult": True},
    "income": {"year": 5317, "band": "non_taxable"},
    "allowances": {
        "scheme": "school_aid",
        "receiving": True,
        "from": "1987-04",
        "until": "1988-03",
    },
}
READ_AT = dt.datetime(2026, 10, 3, 1, 7, tzinfo=dt.UTC)
TRACES = ("7431", "8642", "5317", "1987", "1988", "非課税", "non_taxable", "10月3日", "2026-10-03")


def plant(student, guardian, bands=BANDS):
    """Facts that only this guardian's card can have brought, on a day of their own."""
    rows = []
    for purpose, facts in bands.items():
        with transaction.atomic():
            row = LinkedRecord(
                municipality=student.municipality, source=self_info_source(student.municipality_id),
                kind=purpose, guardian=guardian, version_digest=b"1", received_at=READ_AT,
                kept_until=dt.date(2027, 3, 31),
            )  # fmt: skip
            key_for_writing(student.pk, purpose).seal(row, facts).student = student
            row.save()
            rows.append(row)
    return rows


@pytest.fixture
def family(cast):
    """sakura, midori, and sora, who read a card; all have agreed to all three."""
    cast.sora = factories.guardian(cast.sakura, given="そら", email="sora@example.com")
    for purpose in ALL:
        factories.make_effective(cast.sakura, purpose)
    cast.rows = plant(cast.sakura, cast.sora)
    return cast


def data_of(client, student):
    return client.post(reverse("disclosure:personal_data_file", args=[student.pk])).json()


def everything_read_by(user, student, sign_in, ids):
    """{URL: text} of every URL outside the admin, GET and POST, rolled back."""
    found = {}
    for address in addresses_of_people(ids, ALL):
        for method in ("get", "post"):
            with transaction.atomic():
                answer = getattr(sign_in(user), method)(address)
                transaction.set_rollback(True)
            if answer.status_code == 200 and not answer.streaming:
                found[method, address] = answer.content.decode(errors="replace")
    return found


def traces_in(text):
    """Those of TRACES that stand in it; not in ids and tokens, which are random."""
    without_ids = re.sub(r"[A-Za-z0-9_-]{16,}", "", text)
    return [one for one in TRACES if one in without_ids]


def test_a_trace_is_found_and_in_an_id_it_is_none():
    shown = '{"adults": 7431, "from": "1987-04", "at": "2026-10-03T10:07:00+09:00"} 非課税の世帯'
    assert traces_in(shown) == ["7431", "1987", "非課税", "2026-10-03"]
    assert traces_in("1b07431c-8642-4e80-8765-0755ef226288") == []


@pytest.mark.parametrize("who", ["midori", "sakura"])
def test_no_address_shows_the_others_bands_nor_when_they_came(family, sign_in, who):
    user = getattr(family, who).user
    ids = [family.sakura.pk, family.rows[0].pk]
    pages = everything_read_by(user, family.sakura, sign_in, ids)
    data, copy = (
        reverse(f"disclosure:{name}", args=[family.sakura.pk])
        for name in ("personal_data", "personal_data_file")
    )
    assert {("get", data), ("post", copy), ("get", "/")} <= pages.keys()
    shown = {place: traces_in(text) for place, text in pages.items()}
    assert {place: traces for place, traces in shown.items() if traces} == {}


def test_whose_card_it_was_reads_all_of_it(family, sign_in):
    client = sign_in(family.sora.user)
    text = json.dumps(data_of(client, family.sakura), ensure_ascii=False)
    for trace in ("7431", "8642", "5317", "1987-04", "1988-03", "non_taxable", "2026-10-03"):
        assert trace in text


@pytest.mark.parametrize("who", ["midori", "sakura"])
def test_the_others_copy_counts_nothing_and_says_no_last_time(family, sign_in, who):
    client = sign_in(getattr(family, who).user)
    data = data_of(client, family.sakura)
    assert data["parts"]["linked"] == {"count": 0, "rows": [], "note": ""}
    assert (
        "what a guardian read with a My Number card: it is that guardian's"
        in (data["not_included"])
    )
    page = client.get(reverse("disclosure:personal_data", args=[family.sakura.pk])).content.decode()
    assert 'id="links"' not in page


@pytest.mark.parametrize("who", ["midori", "sakura"])
def test_paused_readings_of_another_are_not_counted(family, sign_in, who):
    pause_keys([row.key_id for row in family.rows])
    part = data_of(sign_in(getattr(family, who).user), family.sakura)["parts"]["linked"]
    assert part == {"count": 0, "rows": [], "note": ""}
    own = data_of(sign_in(family.sora.user), family.sakura)["parts"]["linked"]
    assert own == part  # what is paused is as what never was


def test_open_sealed_opens_them_for_nobody_else(family):
    with pytest.raises(PermissionDenied):
        open_for_guardian(family.rows, actor=family.midori.user, student=family.sakura)
    with pytest.raises(PermissionDenied):
        open_own(family.rows, student=family.sakura)
    opened = open_for_guardian(family.rows, actor=family.sora.user, student=family.sakura)
    assert opened == list(BANDS.values())


def test_a_mixed_list_is_not_opened_for_one_of_the_two(family):
    own_card = plant(family.sakura, family.midori, {"income": {"year": 2026, "band": "taxed"}})
    for actor in (family.midori.user, family.sora.user):
        with pytest.raises(PermissionDenied):
            open_for_guardian([*family.rows, *own_card], actor=actor, student=family.sakura)


def test_staff_with_that_right_read_both(family):
    own_card = plant(family.sakura, family.midori, {"income": {"year": 2026, "band": "taxed"}})
    rows = [family.rows[1], *own_card]
    opened = open_sealed(rows, actor=family.counsellor.user, reason=OpeningReason.CONFERENCE)
    assert [facts["year"] for facts in opened] == [5317, 2026]


def test_a_look_at_one_guardians_reading_is_told_to_them_and_the_student(family, sign_in):
    open_sealed(family.rows, actor=family.counsellor.user, reason=OpeningReason.MEETING)
    evaluate_sealed(family.rows[:1], rule="test/1")

    def lines_of(person):
        lines = all_access_days(family.sakura, person.user)
        return [day.what for day in lines if day.what in ("looked", "checked")]

    both = ["checked", "looked"]
    assert [lines_of(p) for p in (family.sora, family.sakura, family.midori)] == [both, both, []]
    looked = reverse("disclosure:access_log", args=[family.sakura.pk])
    for address in ("/", looked):
        page = sign_in(family.midori.user).get(address).content.decode()
        assert "見まもりのために見ました" not in page
    assert "見まもりのために見ました" in sign_in(family.sora.user).get(looked).content.decode()


def test_a_look_that_names_no_card_is_not_told_to_a_guardian(family):
    record(
        Action.SEALED_OPENED, actor=family.principal.user, role="principal",
        municipality_id=family.city.pk, subject_id=family.sakura.pk, purpose="income",
        reason_code="meeting", thing=LinkedRecord(),
    )  # fmt: skip
    for person, n in ((family.sora, 0), (family.midori, 0), (family.sakura, 1)):
        lines = all_access_days(family.sakura, person.user)
        assert [day.what for day in lines].count("looked") == n


def test_a_certificate_tells_nobody_how_many_rows_a_card_brought(family, sign_in):
    withdraw(
        student=family.sakura, actor=family.midori.user, purpose="household", form_key=uuid.uuid4()
    )
    delete_expired_records()
    assert [count.guardian for count in DeletionCount.objects.all()] == [family.sora]
    SweepMark.objects.update(clean_at=timezone.now() + dt.timedelta(hours=1))
    address = reverse("consent:certificate", args=[DeletionCertificate.objects.get().pk])
    for person in (family.sora, family.midori):  # it would tell that the child had agreed
        assert sign_in(person.user).get(address).status_code == 404
        assert "certificates" not in data_of(sign_in(person.user), family.sakura)["parts"]
    page = sign_in(family.sakura.user).get(address).content.decode()
    assert "<dd>1</dd>" not in page
    row = data_of(sign_in(family.sakura.user), family.sakura)["parts"]["certificates"]["rows"][0]
    assert row["deleted"] is None


def test_one_guardians_withdrawal_ends_both_readings_as_the_most_protective_word(family):
    plant(family.sakura, family.midori, {"income": {"year": 2026, "band": "taxed"}})
    withdraw(
        student=family.sakura, actor=family.midori.user, purpose="income", form_key=uuid.uuid4()
    )
    assert set(LinkedRecord.objects.readable().values_list("kind", flat=True)) == {
        "household", "allowances",
    }  # fmt: skip


def test_the_account_of_two_roster_rows_reads_its_own_card_by_both(family, sign_in):
    twin = factories.guardian(family.sakura, given="そら", email="twin@example.com")
    twin.user = family.sora.user
    twin.save()
    plant(family.sakura, twin, {"income": {"year": 4242, "band": "taxed"}})
    data = json.dumps(data_of(sign_in(family.sora.user), family.sakura))
    assert "4242" in data and "5317" in data
    assert "4242" not in json.dumps(data_of(sign_in(family.midori.user), family.sakura))


def test_two_guardians_read_their_cards_and_each_keeps_their_own(browser, cast, sign_in):
    sora = factories.guardian(cast.sakura, given="そら", email="sora@example.com")
    for purpose in ALL:
        factories.make_effective(cast.sakura, purpose)
    theirs = GuardianBrowser(sign_in(sora.user), cast.sakura)
    carry(browser.start_and_return("single"))
    carry(theirs.start_and_return("couple"))

    def households():
        rows = LinkedRecord.objects.filter(kind="household").readable()
        found = zip(rows, evaluate_sealed(rows, rule="test/1"), strict=True)
        return {row.guardian_id: facts["adults"] for row, facts in found}

    assert households() == {cast.midori.pk: 1, sora.pk: 2}
    carry(browser.start_and_return("couple"))
    assert households() == {cast.midori.pk: 2, sora.pk: 2}
    for client, name in ((browser.client, "midori"), (theirs.client, "sora")):
        linked = data_of(client, cast.sakura)["parts"]["linked"]["rows"]
        assert [row["kind"] for row in linked].count("household") == 1, name


def test_rows_of_which_nobody_knows_whose_card_it_was_are_shown_to_no_guardian(family, sign_in):
    LinkedRecord.objects.update(guardian=None)
    for person in (family.sora, family.midori, family.sakura):
        assert data_of(sign_in(person.user), family.sakura)["parts"]["linked"]["count"] == 0
    assert DataSource.objects.get(kind=SourceKind.SELF_INFO).records.count() == 3
