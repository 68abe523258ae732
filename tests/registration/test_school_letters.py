"""Letters of a whole school: selected, made as a PDF by a worker, downloaded by the requester,
revoked.
"""

from datetime import timedelta

import pypdfium2
import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.core.clock import today
from apps.people.models import Role
from apps.people.services import pending_acts
from apps.registration.letter_pdf import LetterPage, letters_pdf
from apps.registration.letter_selection import LetterSelection, letters_of_school
from apps.registration.models import (
    GuardianRegistration,
    InvitationLetter,
    LetterFile,
    LetterFileState,
    PrintedSheet,
)
from apps.registration.models.letter_files import MAX_ATTEMPTS
from apps.registration.services import child_letters, letter_files, letters, print_runs, revocations
from apps.vault.services.paper_codes import open_code
from tests import factories
from tests.records import actors_of

LONG = (
    "マリア・クララ・ドス・サントス・シルヴァ・オリヴェイラ・ダ・コスタ・ペレイラ・フェルナンデス"
)


def texts_of(content):
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content)]


def squeezed(text):
    return "".join(text.split())


@pytest.fixture
def pupils(cast):
    return [factories.student(cast.class_2, f"せいと{n}", number=n) for n in (2, 3)]


def address(cast):
    return reverse("admin:registration_letters_school", args=[cast.school.pk])


def ask(desk, cast, which=LetterSelection.NEEDED, **more):
    answer = desk.post(address(cast), {"which": which, **more})
    return answer, LetterFile.objects.order_by("-asked_at").first()


def fetch(desk, file):
    return desk.post(reverse("admin:registration_letter_fetch", args=[file.pk]))


def test_a_school_prints_a_page_for_each_child_whose_guardians_nobody_names(cast, pupils, sign_in):
    desk = sign_in(cast.office.user)
    answer, file = ask(desk, cast)
    assert answer.url == reverse("admin:registration_letter_file", args=[file.pk])
    assert "0 / 2通" in desk.get(answer.url).content.decode()
    assert letter_files.make_due_files() == 1
    assert "PDFを受け取る" in desk.get(answer.url).content.decode()
    done = fetch(desk, file)
    assert done["Content-Type"] == "application/pdf" and "no-store" in done["Cache-Control"]
    texts = texts_of(done.content)
    codes = {open_code(letter) for letter in InvitationLetter.objects.all()}
    assert len(texts) == len(codes) == 2
    for text in texts:
        assert any(code in text.replace("-", "") for code in codes)
        assert "保護者の署名" in squeezed(text)
        assert "đăng ký" in text and "registrar" in text and "日语" in text
    assert AuditEvent.objects.filter(action=Action.LETTERS_FETCHED).count() == 1


def test_the_file_is_only_for_who_asked_and_for_half_an_hour(cast, pupils, sign_in, time_machine):
    _, file = ask(sign_in(cast.office.user), cast)
    letter_files.make_due_files()
    assert fetch(sign_in(cast.principal.user), file).status_code == 404
    assert fetch(sign_in(cast.homeroom.user), file).status_code in (403, 404)
    time_machine.move_to(timezone.now() + timedelta(minutes=31))
    gone = fetch(sign_in(cast.office.user), file)
    assert gone.status_code == 302
    assert letter_files.delete_expired_files() == 1
    file.refresh_from_db()
    assert (file.state, file.sealed) == (LetterFileState.GONE, None)


def test_a_post_that_has_ended_fetches_nothing(cast, pupils, sign_in):
    _, file = ask(sign_in(cast.office.user), cast)
    letter_files.make_due_files()
    cast.office.is_enabled = False
    cast.office.save()
    user = type(cast.office.user).objects.get(pk=cast.office.user.pk)
    assert letter_files.fetch_file(file, by=user) is None


def test_the_file_lies_sealed(cast, pupils, sign_in):
    _, file = ask(sign_in(cast.office.user), cast)
    letter_files.make_due_files()
    file.refresh_from_db()
    assert not bytes(file.sealed).startswith(b"%PDF")
    assert file.ring_key


def test_new_means_whoever_never_had_a_letter(cast, pupils):
    print_runs.print_letters(pupils[:1], school_class=cast.class_2, by=cast.office.user)
    choice = letters_of_school(cast.school, cast.office.user)
    assert choice.people[LetterSelection.NEW] == [pupils[1]]
    assert choice.people[LetterSelection.NEEDED] == pupils
    assert set(choice.people[LetterSelection.ALL]) == {cast.sakura, cast.ren, *pupils}


def test_from_sixteen_on_no_letter_is_made(cast, pupils):
    pupils[0].birth_month = today().replace(year=today().year - 17, day=1)
    pupils[0].save()
    choice = letters_of_school(cast.school, cast.office.user)
    assert choice.people[LetterSelection.NEEDED] == [pupils[1]]
    assert choice.n_decide_alone == 1


def test_a_file_requested_twice_is_made_once(cast, pupils, sign_in):
    desk = sign_in(cast.office.user)
    first, file = ask(desk, cast)
    again, _ = ask(desk, cast)
    assert first.url == again.url
    assert PrintedSheet.objects.count() == LetterFile.objects.count() == 1


def test_made_again_it_has_the_same_codes(cast, pupils, sign_in):
    desk = sign_in(cast.office.user)
    found = []
    for _ in range(2):
        _, file = ask(desk, cast)
        letter_files.make_due_files()
        found.append(sorted(texts_of(fetch(desk, file).content)))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "said", [{"which": ""}, {"which": "x"}, {"which": "new", "hand_out_on": "?"}]
)
def test_a_form_that_makes_no_sense_comes_back(cast, pupils, sign_in, said):
    page = sign_in(cast.office.user).post(address(cast), said)
    assert page.status_code == 422
    assert not PrintedSheet.objects.exists()


def test_nobody_to_write_to_is_a_sentence(cast, sign_in):
    page = sign_in(cast.office.user).post(
        address(cast), {"which": LetterSelection.NEW}, follow=True
    )
    assert "手紙を作る人がいませんでした" in page.content.decode()


@pytest.mark.parametrize("who", ["homeroom", "nurse", "helpdesk", "officer"])
def test_nobody_but_office_and_lead_makes_letters_of_a_school(cast, pupils, sign_in, who):
    answer = sign_in(getattr(cast, who).user).post(address(cast), {"which": LetterSelection.NEEDED})
    assert answer.status_code == 403
    assert not InvitationLetter.objects.exists()


def test_another_school_is_not_found(cast, sign_in):
    lead = factories.staff_post(Role.PRINCIPAL, cast.away_school)
    assert sign_in(lead.user).get(address(cast)).status_code == 404


def test_a_file_that_cannot_be_made_ends_as_such_and_stops_no_other(cast, pupils, monkeypatch):
    sheets = [
        print_runs.print_letters([one], school=cast.school, by=cast.office.user) for one in pupils
    ]
    bad, good = [letter_files.request_file(sheet, by=cast.office.user) for sheet in sheets]
    plain = letter_files.lines_of_sheet

    def broken(sheet, *, by):
        if sheet.pk == bad.sheet_id:
            raise RuntimeError
        return plain(sheet, by=by)

    monkeypatch.setattr(letter_files, "lines_of_sheet", broken)
    letter_files.make_due_files()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == (LetterFileState.FAILED, LetterFileState.DONE)


def test_what_a_worker_left_when_it_died_is_made_by_the_next(cast, pupils, time_machine):
    sheet = print_runs.print_letters(pupils, school=cast.school, by=cast.office.user)
    file = letter_files.request_file(sheet, by=cast.office.user)
    assert letter_files._claim().pk == file.pk
    assert letter_files.make_due_files() == 0
    time_machine.move_to(timezone.now() + timedelta(minutes=3))
    assert letter_files.make_due_files() == 1


def test_the_slip_has_lines_for_name_and_relation_and_a_named_reader_types_no_name():
    page = LetterPage(
        seat="1年1組 1番", reader="保護者の方へ", code="ABCD", link="https://x/g/#ABCD", days="まで",
        slip="ABCDEFGH", slip_shown="ABCD-EFGH",
    )  # fmt: skip
    named = LetterPage(**{**vars(page), "is_named": True})
    content = letters_pdf(
        [page, named, page], school="学校", municipality="市", address="https://x/"
    )
    childs, guardians, again = map(squeezed, texts_of(content))
    for text in (childs, guardians):
        assert "登録した人の名前" in text and "お子さんとの続柄" in text and "署名" in text
    assert "お名前と、お子さんとの続柄を入れます" in childs
    assert "お名前と、お子さんとの続柄を入れます" not in guardians
    assert childs == again


def test_long_names_and_all_signs_stay_on_their_page():
    long = LetterPage(
        seat="ことばの教室ひだまり学級(1・2・3年)なかよし分教室 128番", reader=f"{LONG} さん",
        code="ABCD-EFGH-JKLM-N", link="https://portal.example/g/#ABCDEFGHJKLMN", days="まで",
        slip="ABCDEFGH", slip_shown="ABCD-EFGH",
    )  # fmt: skip
    other = LetterPage(**{**vars(long), "reader": "Nguyễn Thị Hường 様", "seat": "1年1組 1番"})
    content = letters_pdf([long, other], school="学校", municipality="市", address="https://x/g/")
    first, second = texts_of(content)
    assert LONG in squeezed(first) and "Nguyễn Thị Hường" in second
    pages = pypdfium2.PdfDocument(content)
    for page in pages:
        width, height = page.get_size()
        for thing in page.get_objects():
            left, bottom, right, top = thing.get_bounds()
            assert left >= -1 and bottom >= -1 and right <= width + 1 and top <= height + 1


# -- revoking ------------------------------------------------------------------------------------


def test_a_revoked_run_lets_nobody_in_and_says_who_came_by_it(cast, pupils):
    sheet = print_runs.print_letters(pupils, school=cast.school, by=cast.office.user)
    letter = InvitationLetter.objects.get(student=pupils[0])
    code = open_code(letter)
    guardian = factories.guardian(pupils[0], "つばき", "tsubaki@example.com")
    registration = GuardianRegistration.objects.create(
        municipality=cast.city, guardian=guardian, user=guardian.user, invitation=letter,
        student=pupils[0], school=cast.school, registered_at=timezone.now(),
    )  # fmt: skip
    effects = revocations.effects_of_revocation(sheet)
    assert effects.preview == {"letters": 2, "waiting": 1, "confirmed": 0}
    assert revocations.registered_by_revoked_letter([registration]) == set()
    revocations.revoke_print_run(sheet, by=cast.principal.user, reason="箱ごと盗まれたため")
    assert actors_of(Action.LETTERS_REVOKED) == [cast.principal.user]
    with pytest.raises(letters.CannotAccept):
        letters.find_letter(code)
    assert revocations.registered_by_revoked_letter([registration]) == {registration.pk}
    sheet.refresh_from_db()
    with pytest.raises(pending_acts.CannotAct):
        revocations.revoke_print_run(sheet, by=cast.principal.user, reason="もう一度 止めるため")


def test_stopping_a_revocation_gives_back_only_letters_nothing_has_replaced(cast, pupils):
    sheet = print_runs.print_letters(pupils, school=cast.school, by=cast.office.user)
    act = revocations.revoke_print_run(sheet, by=cast.principal.user, reason="箱ごと盗まれたため")
    child_letters.issue_child_letters(pupils[:1], by=cast.office.user)
    pending_acts.stop(act, by=cast.principal.user)
    assert actors_of(Action.ACT_STOPPED) == [cast.principal.user]
    revocations.apply_revocations()
    works = InvitationLetter.objects.usable()
    assert works.filter(student=pupils[0]).count() == works.filter(student=pupils[1]).count() == 1
    assert works.filter(printings__sheet=sheet).count() == 1


@pytest.mark.parametrize("who", ["office", "homeroom", "nurse", "helpdesk"])
def test_only_lead_and_city_revoke(cast, pupils, sign_in, who):
    sheet = print_runs.print_letters(pupils, school=cast.school, by=cast.office.user)
    url = reverse("admin:registration_sheet_revoke", args=[sheet.pk])
    assert sign_in(getattr(cast, who).user).post(url).status_code in (403, 404)
    with pytest.raises(pending_acts.CannotAct):
        revocations.revoke_print_run(sheet, by=getattr(cast, who).user, reason="箱ごと盗まれたため")


def test_a_file_with_which_workers_die_is_given_up(cast, pupils, time_machine):
    sheet = print_runs.print_letters(pupils, school=cast.school, by=cast.office.user)
    file = letter_files.request_file(sheet, by=cast.office.user)
    for n in range(MAX_ATTEMPTS):
        time_machine.move_to(timezone.now() + timedelta(minutes=3 * (n + 1)))
        assert letter_files._claim().n_attempts == n + 1  # and the worker dies
    time_machine.move_to(timezone.now() + timedelta(minutes=30))
    assert letter_files.make_due_files() == 0
    file.refresh_from_db()
    assert file.state == LetterFileState.FAILED
