"""A table of a whole city's organisations: as many queries as for a few."""

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.core import spreadsheets
from apps.notices.models import HoursException, OpeningHours, SupportOrganisation
from tests import file_workers

IMPORT = "admin:notices_supportorganisation_import"
CONFIRM = "admin:notices_supportorganisation_process_import"
HEAD = "番号,名前,電話,どんなことに,時間,いつもとちがう日\n"
HOURS = "友だち,月-金 09:00-17:00,毎年 2026-12-29~2027-01-03 休み"


@pytest.fixture
def desk(cast, sign_in):
    return sign_in(cast.officer.user)


def new_rows(count, prefix="甲"):
    return HEAD + "".join(f",{prefix}{n},0761-72-{n:04},{HOURS}\n" for n in range(count))


def changed_rows():
    rows = SupportOrganisation.objects.order_by("name").values_list("pk", "name")
    return HEAD + "".join(f"{pk},{name},0761-73-0000,いじめ,土 10:00-12:00,\n" for pk, name in rows)


def upload(desk, text):
    file = SimpleUploadedFile("x.csv", text.encode())
    page = file_workers.send(desk, reverse(IMPORT), {"import_file": file})
    assert file_workers.is_to_confirm(page), page.content.decode()[-2000:]
    return {"job": page.context["job"].pk}


def queries_of(act, *args):
    with CaptureQueriesContext(connection) as queries:
        done = act(*args)
    return len(queries), done


def take_in(desk, text):
    """(queries of the preview, queries of the confirmation)."""
    n_preview, sent = queries_of(upload, desk, text)
    n_confirm, answer = queries_of(file_workers.send, desk, reverse(CONFIRM), sent)
    assert "取り込みました" in answer.content.decode()
    return n_preview, n_confirm


def test_twice_the_new_rows_ask_the_database_as_often(desk):
    few = take_in(desk, new_rows(20, "甲"))
    many = take_in(desk, new_rows(40, "乙"))
    assert SupportOrganisation.objects.count() == 60
    assert OpeningHours.objects.count() == 300
    assert HoursException.objects.count() == 60
    assert many[0] <= few[0] + 2
    assert many[1] <= few[1] + 2


def test_twice_the_changed_rows_ask_the_database_as_often(desk):
    take_in(desk, new_rows(20, "甲"))
    few = take_in(desk, changed_rows())
    take_in(desk, new_rows(20, "乙"))
    many = take_in(desk, changed_rows())
    assert set(SupportOrganisation.objects.values_list("phone", flat=True)) == {"0761-73-0000"}
    assert OpeningHours.objects.count() == 40
    assert HoursException.objects.count() == 0
    assert many[0] <= few[0] + 2
    assert many[1] <= few[1] + 2


def test_each_changed_row_has_its_own_record_of_what_changed(desk):
    take_in(desk, new_rows(2))
    before = AuditEvent.objects.count()
    take_in(desk, changed_rows())
    events = AuditEvent.objects.order_by("-id")[: AuditEvent.objects.count() - before]
    changes = [one for one in events if one.thing == SupportOrganisation._meta.label]
    assert [sorted(one.fields) for one in changes] == [
        ["exceptions", "hours", "needs", "phone"]
    ] * 2
    assert len({one.thing_id for one in changes}) == 2


def test_a_source_is_not_taken_from_a_public_place(cast, desk, places):
    one = SupportOrganisation.objects.create(municipality=cast.city, name="ここ", phone="110")
    SupportOrganisation.objects.filter(pk=one.pk).update(
        state="published", verified_on="2026-11-01", source_url="x"
    )
    file = SimpleUploadedFile("x.csv", f"番号,名前,もとの情報\n{one.pk},ここ,\n".encode())
    page = file_workers.send(desk, reverse(IMPORT), {"import_file": file})
    assert "公開中の窓口には、もとの情報が要ります" in page.content.decode()


def test_the_largest_table_is_previewed_and_taken_in_within_seconds(desk):
    began = time.process_time()
    sent = upload(desk, new_rows(spreadsheets.MAX_ROWS))
    previewed = time.process_time()
    assert "取り込みました" in file_workers.send(desk, reverse(CONFIRM), sent).content.decode()
    assert SupportOrganisation.objects.count() == spreadsheets.MAX_ROWS
    assert previewed - began < 10  # of the processor
    assert time.process_time() - previewed < 10
