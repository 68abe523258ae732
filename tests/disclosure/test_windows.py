"""What a family reads opens and reads the rows it shows, however many there are."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services.audit_events import record_many
from apps.checkins.models import CheckIn
from apps.checkins.services.question_sets import current_question_set, seed_questions
from apps.checkins.services.submissions import submit
from apps.consent.models import (
    ConsentMessage,
    DeletionCertificate,
    DeletionCount,
    EndReason,
    MessageKind,
    Purpose,
    RowSource,
)  # fmt: skip
from apps.consent.services import certificates, messages
from apps.core.clock import today
from apps.disclosure.services import corrections, data_parts
from apps.linkage.models import LinkedRecord
from apps.vault.services import sealed_content
from tests import factories
from tests.query_plans import statements_of, unbounded_scans
from tests.vault.sealing_helpers import write

GROWING = {
    "audit_auditevent", "checkins_checkin", "linkage_linkedrecord", "consent_consentmessage",
    "consent_deletioncertificate", "notices_noticereceipt", "notices_notice",
}  # fmt: skip
PEOPLE = ["sakura", "midori"]


@pytest.fixture
def full(cast):
    """sakura, whose attendance is linked and who answers check-ins."""
    seed_questions()
    for purpose in (Purpose.ATTENDANCE, Purpose.CHECKIN_REVIEW):
        factories.make_effective(cast.sakura, purpose)
    return cast


def pile_up(cast, n):
    """n more rows of every kind about sakura."""
    have = LinkedRecord.objects.count()
    for number in range(have, have + n):
        on = today() - dt.timedelta(days=number)
        data = {"date": on.isoformat(), "mark": "ABSENT_SICK"}
        write(cast.sakura, Purpose.ATTENDANCE, data, str(number).encode())
        submit(
            student=cast.sakura, question_set=current_question_set(), answers={"mood": 1},
            client_key=uuid.uuid4(), answered_on=on,
        )  # fmt: skip
    about = {"subject_id": cast.sakura.pk, "municipality_id": cast.city.pk, "purpose": "attendance"}
    record_many({"action": Action.KEY_MADE, **about} for _ in range(n))
    looks = {"action": Action.SEALED_OPENED, "reason_code": "meeting", "role": "nurse", **about}
    looks["thing"] = LinkedRecord()
    record_many(looks for _ in range(n))
    for _ in range(n):
        certificate(cast)
    messages.send_messages([cast.sakura], ["attendance"], ended=EndReason.DECISION)


def certificate(cast):
    """One certificate more, with a count."""
    key = certificates.EndedKey(cast.sakura, "attendance", uuid.uuid4(), EndReason.OUT_OF_TERM)
    certificates.write_certificates([key])
    made = DeletionCertificate.objects.get(key_id=key.key_id)
    DeletionCount.objects.create(certificate=made, source=RowSource.LINKAGE, n_rows=3)


def addresses(cast):
    return {
        "my data": reverse("disclosure:personal_data", args=[cast.sakura.pk]),
        "who looked": reverse("disclosure:access_log", args=[cast.sakura.pk]),
        "corrections": reverse("disclosure:corrections", args=[cast.sakura.pk]),
        "overview": reverse("consent:overview", args=[cast.sakura.pk]),
        "inbox": reverse("notices:inbox"),
        "home": reverse("portal:home"),
    }


NAMES = ["my data", "who looked", "corrections", "overview", "inbox", "home"]


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", NAMES)
def test_twice_the_rows_cost_the_same_statements(full, sign_in, who, name):
    client, address = sign_in(getattr(full, who).user), addresses(full)[name]
    counts = []
    for _ in range(2):
        pile_up(full, 25)
        client.get(address)  # what is shown for the first time is noted
        counts.append(len(statements_of(lambda: client.get(address))))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", NAMES)
def test_no_page_reads_a_growing_table_whole(full, sign_in, who, name):
    client, address = sign_in(getattr(full, who).user), addresses(full)[name]
    pile_up(full, 3)
    assert unbounded_scans(statements_of(lambda: client.get(address)), GROWING) == []


@pytest.mark.parametrize("who", PEOPLE)
def test_my_data_opens_the_rows_it_shows(full, sign_in, monkeypatch, who):
    pile_up(full, 25)
    opened, real = [], sealed_content._open

    def spy(rows):
        rows = list(rows)
        opened.extend(rows)
        return real(rows)

    monkeypatch.setattr(sealed_content, "_open", spy)
    page = sign_in(getattr(full, who).user).get(addresses(full)["my data"])
    per_table = {
        model: sum(isinstance(row, model) for row in opened) for model in (LinkedRecord, CheckIn)
    }
    assert per_table == {LinkedRecord: 5, CheckIn: 5 if who == "sakura" else 0}
    parts = {part.code: part for part, _ in page.context["parts"]}
    assert parts["linked"].count == 25
    assert ("checkins" in parts) == (who == "sakura")
    assert len(parts["linked"].rows) == 5


def test_the_page_shows_the_newest_rows(full, sign_in):
    pile_up(full, 8)
    page = sign_in(full.sakura.user).get(addresses(full)["my data"])
    parts = {part.code: part for part, _ in page.context["parts"]}
    newest = [(today() - dt.timedelta(days=n)).isoformat() for n in range(5)]
    assert [row["on"] for row in parts["checkins"].rows] == newest


@pytest.mark.parametrize("who", PEOPLE)
def test_the_file_is_complete_though_it_opens_some_rows_at_a_time(full, sign_in, monkeypatch, who):
    pile_up(full, 25)
    monkeypatch.setattr(data_parts, "OPENED_AT_ONCE", 4)
    client = sign_in(getattr(full, who).user)
    address = reverse("disclosure:personal_data_file", args=[full.sakura.pk])
    parts = client.post(address).json()["parts"]
    days = {(today() - dt.timedelta(days=n)).isoformat() for n in range(25)}
    assert {row["date"] for row in parts["linked"]["rows"]} == days
    assert parts["linked"]["count"] == 25
    assert len(parts["looks"]["rows"]) == parts["looks"]["count"] >= 1
    assert ("checkins" in parts) == ("certificates" in parts) == (who == "sakura")
    if who == "sakura":
        assert len(parts["certificates"]["rows"]) == len(parts["checkins"]["rows"]) == 25


@pytest.mark.parametrize("who", PEOPLE)
def test_every_look_is_on_one_page_and_no_page_counts_them(full, sign_in, time_machine, who):
    now = timezone.now()
    for days in range(100):
        time_machine.move_to(now - dt.timedelta(days=days))
        record_many(
            [{"action": Action.SEALED_OPENED, "reason_code": "meeting", "role": "nurse",
              "subject_id": full.sakura.pk, "municipality_id": full.city.pk,
              "purpose": "attendance", "thing": LinkedRecord()}]
        )  # fmt: skip
    time_machine.move_to(now)
    client, address = sign_in(getattr(full, who).user), addresses(full)["who looked"]
    statements, pages, query = [], [], ""
    while len(pages) < 10:
        statements += statements_of(lambda query=query: pages.append(client.get(address + query)))
        older = pages[-1].context["month"].older
        if older is None:
            break
        query = f"?month={older:%Y-%m}"
    looks = [line.on for page in pages for line in page.context["seen"] if "見" in line.sentence]
    assert len(looks) == 100
    assert len(set(looks)) == 100
    assert not [sql for sql in statements if "COUNT(" in sql and "audit_auditevent" in sql]
    assert pages[1].context["month"].newer is not None
    assert f'href="?month={pages[0].context["month"].older:%Y-%m}"' in pages[0].content.decode()


def test_certificates_are_ten_a_page(full, sign_in):
    pile_up(full, 25)
    client, address = sign_in(full.sakura.user), addresses(full)["overview"]
    shown, query = [], ""
    for _ in range(3):
        page = client.get(address + query)
        shown.append([row.pk for row, _ in page.context["certificates"]])
        query = page.context["page"].older
    assert list(map(len, shown)) == [10, 10, 5]
    assert len({pk for pks in shown for pk in pks}) == 25
    assert query == ""


def test_corrections_are_ten_a_page_and_only_those_are_opened(full, sign_in, monkeypatch):
    monkeypatch.setattr(corrections, "allow", lambda *_: True)
    for number in range(12):
        corrections.request_correction(
            full.sakura, actor=full.midori.user, about="attendance", words=f"ちがいます {number}",
            form_key=uuid.uuid4(),
        )  # fmt: skip
    client, address = sign_in(full.midori.user), addresses(full)["corrections"]
    first = client.get(address)
    assert [words for _, words, *_ in first.context["mine"]] == [
        f"ちがいます {number}" for number in range(11, 1, -1)
    ]
    rest = client.get(address + first.context["page"].older)
    assert [words for _, words, *_ in rest.context["mine"]] == ["ちがいます 1", "ちがいます 0"]


def test_messages_are_twenty_a_page_and_only_those_shown_are_seen(full, sign_in):
    ConsentMessage.objects.all().delete()
    for _ in range(23):
        messages.send_messages([full.sakura], ["attendance"])
    client, address = sign_in(full.sakura.user), addresses(full)["inbox"]
    first = client.get(address)
    assert len(first.context["consent_messages"]) == 20
    assert messages.count_unread(full.sakura.user) == 3
    rest = client.get(address + first.context["messages_page"].older)
    assert len(rest.context["consent_messages"]) == 3
    assert messages.count_unread(full.sakura.user) == 0
    assert {row.kind for row in ConsentMessage.objects.all()} == {MessageKind.BEGAN}
