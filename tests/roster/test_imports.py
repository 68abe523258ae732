"""A roster is imported completely or not at all; twice is once; nobody vanishes unnoticed."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from apps.audit.models import Action, AuditEvent
from apps.people.models import Guardianship, Role, School, SchoolClass, StaffPost, Student
from apps.roster.models import ImportState, RosterImport
from apps.roster.services import import_conditions, imports
from apps.signin.services import cards
from tests import factories, file_workers
from tests.records import actors_of
from tests.roster import zips


def take_in(content, by=None, **more):
    return imports.import_roster(
        imports.check_roster(content, "r.zip", by=by),
        by=by,
        approval=import_conditions.ImportApproval(**more),
    )


def test_a_good_roster_brings_school_classes_students_and_guardians(db):
    take_in(zips.good())
    assert School.objects.get().name == "みほん中学校(架空)"
    assert SchoolClass.objects.get().students.count() == 6
    sakura = Student.objects.get(given_name="さくら")
    assert sakura.guardianships.current().exists()
    assert sakura.local_code == "1101"
    assert StaffPost.objects.get().role == Role.HOMEROOM


def test_the_same_roster_again_changes_nothing(db):
    take_in(zips.good())
    before = list(Student.objects.values())
    again = take_in(zips.good())
    assert list(Student.objects.values()) == before
    assert all(n["new"] == n["changed"] == n["gone"] == 0 for n in again.report["counts"].values())


def test_who_is_not_in_the_next_one_has_left_and_may_come_back(db):
    take_in(zips.good(keep=6))
    take_in(zips.good(keep=5))
    assert Student.objects.enrolled().count() == 5
    take_in(zips.good(keep=6))
    assert Student.objects.enrolled().count() == 6
    assert Student.objects.count() == 6


def test_when_many_would_vanish_it_stops_until_told(db):
    take_in(zips.good(keep=6))
    with pytest.raises(imports.CannotImport, match="5%"):
        take_in(zips.good(keep=3))
    assert Student.objects.enrolled().count() == 6
    take_in(zips.good(keep=3), allow_many_gone=True)
    assert Student.objects.enrolled().count() == 3


def test_a_changed_name_changes_and_keeps_the_account(db):
    take_in(zips.good())
    sakura = Student.objects.get(given_name="さくら")
    cards.issue_cards([sakura], by=None)
    renamed = zips.changed(zips.good(), "users.csv", zips.swapped("さくら", "桜", 2))
    take_in(renamed)
    again = Student.objects.get(pk=sakura.pk)
    assert again.given_name == "桜"
    assert again.user is not None


def test_a_guardian_who_is_no_longer_named_loses_the_guardianship(db):
    take_in(zips.good())
    link = Guardianship.objects.current().first()
    cut = zips.changed(
        zips.good(),
        "users.csv",
        lambda b: b.replace(link.guardian.source_id.encode() + b'"', b'"', 0),
    )
    rows = cut  # the same bytes: now take the agent out of the student's row only
    rows = zips.changed(rows, "users.csv", lambda b: _without_agent(b, link.guardian.source_id))
    take_in(rows)
    link.refresh_from_db()
    assert link.ended_at is not None


def _without_agent(body, source_id):
    lines = body.decode().split("\r\n")
    untouched = [
        line if line.startswith(f'"{source_id}"') else line.replace(source_id, "") for line in lines
    ]
    return "\r\n".join(
        line.replace('",,', '",').replace('",""', '",""') for line in untouched
    ).encode()


def test_nothing_is_half_written_when_the_database_refuses(db, monkeypatch):
    checked = imports.check_roster(zips.good(), "r.zip", by=None)
    monkeypatch.setattr(
        "apps.roster.services.import_plan.ImportPlan._mark_left", lambda self: 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        imports.import_roster(checked, by=None)
    assert Student.objects.count() == 0
    checked.refresh_from_db()
    assert checked.state == ImportState.CHECKED


def test_the_zip_is_kept_only_until_it_is_in(db):
    checked = imports.check_roster(zips.good(), "r.zip", by=None)
    assert checked.content is not None
    assert imports.import_roster(checked, by=None).content is None
    refused = imports.check_roster(b"nothing", "x.zip", by=None)
    assert refused.content is None


def test_confirming_twice_imports_once(db):
    checked = imports.check_roster(zips.good(), "r.zip", by=None)
    imports.import_roster(checked, by=None)
    imports.import_roster(checked, by=None)
    assert actors_of(Action.ROSTER_CHECKED) == [None]
    assert AuditEvent.objects.filter(action=Action.ROSTER_IMPORTED).count() == 1


# -- the command ----------------------------------------------------------------------------------


@pytest.fixture
def zip_file(tmp_path):
    path = tmp_path / "RO.zip"
    path.write_bytes(zips.good())
    return path


def test_the_command_imports(db, zip_file):
    call_command("import_roster", zip_file, stdout=io.StringIO())
    assert Student.objects.count() == 6


def test_the_command_only_looks_when_asked(db, zip_file):
    out = io.StringIO()
    call_command("import_roster", zip_file, "--dry-run", stdout=out)
    assert "nothing was changed" in out.getvalue()
    assert Student.objects.count() == 0
    assert RosterImport.objects.get().content is None


def test_the_command_refuses_with_the_reasons(db, zip_file):
    zip_file.write_bytes(zips.changed(zips.good(), "users.csv", zips.swapped('"J1"', '"07"')))
    err = io.StringIO()
    with pytest.raises(CommandError, match="refused"):
        call_command("import_roster", zip_file, stdout=io.StringIO(), stderr=err)
    assert "users.csv" in err.getvalue()


def test_the_command_says_when_there_is_no_file(db, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_roster", tmp_path / "no.zip")


# -- the staff page -------------------------------------------------------------------------------

UPLOAD = reverse("admin:roster_upload")


@pytest.fixture
def desk(db, sign_in):
    city = factories.municipality()
    return sign_in(factories.staff_post(Role.CITY, of=city).user)


def upload(desk, content, name="RO.zip"):
    return file_workers.send(desk, UPLOAD, {"zip": SimpleUploadedFile(name, content)})


def test_the_city_looks_confirms_and_sees_the_class(desk):
    page = upload(desk, zips.good())
    text = page.content.decode()
    assert "さくら" in text
    assert Student.objects.count() == 0
    pk = RosterImport.objects.get().pk
    file_workers.send(desk, reverse("admin:roster_confirm", args=[pk]), {"verb": "import"})
    assert Student.objects.count() == 6
    assert "1年1組" in desk.get(reverse("admin:people_schoolclass_changelist")).content.decode()
    assert "さくら" in desk.get(reverse("admin:people_student_changelist")).content.decode()


def test_a_page_that_names_whom_a_roster_changes_is_on_record(desk):
    upload(desk, zips.good())
    event = AuditEvent.objects.filter(action=Action.NAMES_SHOWN).latest("id")
    assert (event.thing, event.n_people >= 6) == ("admin:roster_rosterimport_change", True)


def test_who_did_not_upload_has_it_compared_anew(desk, sign_in):
    upload(desk, zips.good())
    waiting = RosterImport.objects.get()
    other = sign_in(factories.staff_post(Role.CITY, of=waiting.municipality, name="もう一人").user)
    page = reverse("admin:roster_rosterimport_change", args=[waiting.pk])
    assert "さくら" not in other.get(page).content.decode()
    compare = reverse("admin:roster_compare", args=[waiting.pk])
    assert "さくら" in file_workers.send(other, compare, {}).content.decode()
    assert Student.objects.count() == 0


def test_a_second_request_while_it_is_read_changes_nothing(desk):
    upload(desk, zips.good())
    confirm = reverse("admin:roster_confirm", args=[RosterImport.objects.get().pk])
    first, second = (desk.post(confirm, {"verb": "import"}).url for _ in range(2))
    assert first == second
    file_workers.read_all()
    assert Student.objects.count() == 6


def test_problems_stand_in_a_table(desk):
    text = upload(desk, zips.changed(zips.good(), *BAD)).content.decode()
    assert "users.csv" in text
    assert "半角" in text
    assert Student.objects.count() == 0


BAD = ("users.csv", zips.swapped("サクラ", "ｻｸﾗ"))


def test_a_dropped_roster_changes_nothing(desk):
    upload(desk, zips.good())
    pk = RosterImport.objects.get().pk
    desk.post(reverse("admin:roster_confirm", args=[pk]), {"verb": "drop"})
    assert Student.objects.count() == 0
    assert RosterImport.objects.get().state == ImportState.FORGOTTEN


def test_many_gone_needs_the_ticked_box(desk):
    take_in(zips.good(keep=6))
    upload(desk, zips.good(keep=2))
    waiting = RosterImport.objects.get(state=ImportState.CHECKED)
    confirm = reverse("admin:roster_confirm", args=[waiting.pk])
    file_workers.send(desk, confirm, {"verb": "import"})
    assert Student.objects.enrolled().count() == 6
    for tick in ("yes", "", "0" * 64):
        file_workers.send(desk, confirm, {"verb": "import", "many_gone": tick})
        assert Student.objects.enrolled().count() == 6
    digest = imports.preview_import(waiting).leavers_digest
    file_workers.send(desk, confirm, {"verb": "import", "many_gone": digest})
    assert Student.objects.enrolled().count() == 2


def test_no_file_is_a_sentence(desk):
    assert desk.post(UPLOAD).status_code == 422


def test_another_citys_roster_is_refused(db, sign_in):
    desk = sign_in(
        factories.staff_post(Role.CITY, of=factories.municipality("132012", "となり市")).user
    )
    upload(desk, zips.good())
    assert RosterImport.objects.get().state == ImportState.REFUSED


@pytest.mark.parametrize("who", ["homeroom", "nurse", "counsellor", "helpdesk"])
def test_other_posts_do_not_import(cast, sign_in, who):
    assert sign_in(getattr(cast, who).user).get(UPLOAD).status_code == 403


def test_families_and_outsiders_do_not_reach_it(cast, sign_in, client):
    assert client.get(UPLOAD).status_code == 302
    assert sign_in(cast.midori.user).get(UPLOAD, follow=True).status_code == 403
