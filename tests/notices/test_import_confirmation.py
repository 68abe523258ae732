"""Who confirms an import, and what has changed since its preview."""

import pytest
from django.urls import reverse

from apps.notices.models import SupportOrganisation
from apps.people.models import Role
from tests import factories, file_workers
from tests.notices.table_helpers import CONFIRM, EXPORT, IMPORT, NEW, confirm, table, upload


@pytest.mark.parametrize("who", ["nurse", "homeroom", "helpdesk"])
def test_who_may_not_edit_takes_nothing_in(cast, sign_in, who):
    client = sign_in(getattr(cast, who).user)
    assert client.get(reverse(IMPORT)).status_code == 403
    assert client.get(reverse(EXPORT)).status_code == 200


def test_students_find_no_table(cast, sign_in):
    client = sign_in(cast.sakura.user)
    for name in (IMPORT, EXPORT):
        assert client.get(reverse(name)).status_code in (302, 403)


@pytest.mark.parametrize("named", ["nothing-there", "../../etc/passwd", "", "0" * 32])
def test_confirming_what_was_never_looked_at_takes_nothing_in(desk, named):
    answer = desk.post(reverse(CONFIRM), {"job": named}, follow=True)
    assert "もう一度、ファイルを選んでください" in answer.content.decode()
    assert SupportOrganisation.objects.count() == 0


def test_nobody_confirms_what_another_person_looked_at(cast, desk, sign_in):
    page = upload(desk, table(NEW))
    other = sign_in(factories.staff_post(Role.CITY, of=cast.city, name="もう一人").user)
    other.post(reverse(CONFIRM), {"job": page.context["job"].pk})
    file_workers.read_all()
    assert SupportOrganisation.objects.count() == 0


def test_the_dry_run_tells_hours_too_and_only_what_changes(cast, desk):
    one = SupportOrganisation.objects.create(municipality=cast.city, name="ここ", phone="110")
    page = upload(
        desk, table({"番号": str(one.pk), "名前": "ここ", "電話": "110", "時間": "月 09:00-10:00"})
    )
    (row,) = page.context["result"]["rows"]
    assert row["diff"] == [["時間", [[1, "月 09:00-10:00"]]]]
    assert "<b>時間</b> <ins>月 09:00-10:00</ins>" in page.content.decode()
    assert one.opening_hours.count() == 0


@pytest.fixture
def two_places(cast):
    return [
        SupportOrganisation.objects.create(municipality=cast.city, name=name, phone=phone)
        for name, phone in (("まちの場所", "110"), ("川の場所", "119"))
    ]


def edits(*places):
    return table(*({"番号": str(p.pk), "名前": p.name, "ひとこと": "表から"} for p in places))


def test_an_import_confirmed_after_another_edit_is_refused_and_names_the_place(desk, two_places):
    page = upload(desk, edits(*two_places))
    SupportOrganisation.objects.filter(name="川の場所").update(summary="ほかの人から")
    answer = confirm(desk, page)
    assert answer.context["result"]["changed"] == ["川の場所"]
    assert "川の場所" in answer.content.decode()
    summaries = SupportOrganisation.objects.order_by("phone").values_list("summary", flat=True)
    assert list(summaries) == ["", "ほかの人から"]


def test_a_refused_import_is_confirmed_on_the_page_that_shows_what_changed(desk, two_places):
    page = upload(desk, edits(*two_places))
    SupportOrganisation.objects.filter(name="川の場所").update(summary="ほかの人から")
    again = confirm(desk, page)
    assert "取り込みました" in confirm(desk, again).content.decode()
    assert set(SupportOrganisation.objects.values_list("summary", flat=True)) == {"表から"}


def test_hours_changed_after_the_preview_refuse_an_import_that_shows_no_hours(desk, two_places):
    page = upload(desk, edits(*two_places))
    two_places[0].opening_hours.create(weekday=0, opens_at="09:00", closes_at="17:00")
    assert confirm(desk, page).context["result"]["changed"] == ["まちの場所"]


def test_confirming_twice_takes_in_once(desk):
    page = upload(desk, table(NEW))
    assert "取り込みました" in confirm(desk, page).content.decode()
    confirm(desk, page)
    assert SupportOrganisation.objects.count() == 1


def test_a_name_taken_after_the_preview_refuses_the_whole_table(cast, desk):
    other = {**NEW, "名前": "べつの場所"}
    page = upload(desk, table(other, NEW))
    SupportOrganisation.objects.create(municipality=cast.city, name="見本の場所", phone="110")
    answer = confirm(desk, page)
    assert "窓口にもうあります" in answer.content.decode()
    assert SupportOrganisation.objects.count() == 1
