"""Creates the invented school through the same services everybody uses. Idempotent."""

import csv
import uuid
from pathlib import Path

import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from apps.cases.services import shipped_rules, signs
from apps.checkins.models import CheckIn
from apps.checkins.services import question_sets, submissions
from apps.consent.models import ConsentReceipt, Programme, PurposePolicy, Response
from apps.consent.services import decisions, documents
from apps.core.clock import today
from apps.helpline.models import AnswersAs, DutyRoster
from apps.helpline.services import duty_rosters, help_requests
from apps.linkage.models import DataSource, SourceKind
from apps.linkage.services import sync_runs
from apps.notices.models import Notice, SupportOrganisation
from apps.notices.services import drafts, organisations, publication
from apps.people.models import (
    CITY_WIDE_ROLES,
    Guardian,
    Municipality,
    ProtectionCheck,
    Role,
    School,
    SchoolClass,
    StaffPost,
    Student,
    User,
)
from apps.people.services.protection_checks import has_protection_check
from apps.people.services.school_calendar import record_protection_check
from apps.push.services import broadcasts as push
from apps.registration.services import child_letters
from apps.registration.services import letters as letters_services
from apps.roster.models import ImportState
from apps.roster.services import imports
from apps.selfinfo.services import endpoints
from apps.signin.models import LoginCard
from apps.signin.services import cards, first_pins
from kaga_portal.demo import (
    invented_people,
    letter_guardians,
    roster_zip,
    school_days,
    school_files,
    sign_ins,
)

SELF_INFO = ("household", "income", "allowances")  # what マイナポータル answers
HOME_PAGE = "https://portal.example/users"


def build_demo(say=print):
    """Create whatever is missing of the invented school. ``say`` gets a line for each step."""
    year = _school_year()
    invented = invented_people.invent_school(settings.DEMO_SEED, year)
    city = _municipality()
    officer = _staff(Role.CITY, city)
    say("名簿を 作り、取り込みます")
    school = _roster(invented, city, officer)
    for role in sign_ins.STAFF_EMAILS:
        _staff(Role(role), city, school)
    seed_municipality(city)
    _duty(school)
    _protection(school, officer)
    students = _accounts(school)
    say("同意・不同意の 返事を 書きます")
    _decisions(students, invented)
    say("60日分の チェックイン・出欠・学習記録を 作ります")
    dates = school_days.school_days(today())
    _checkins(students, invented, dates)
    _sources(school, invented, dates)
    if settings.SELF_INFO_SANDBOX_URL:
        endpoints.install_trial_codes(city)
    sync_runs.sync_all()
    say("気づきを 確かめ、お知らせを 出します")
    signs.update_signs()
    _sign_ins(students, officer)
    _device(students[0].user)
    _help_request(students[7])
    _notice(city, officer)
    say("できました")


def seed_municipality(city):
    """The words, questions, organisations and rules that a new municipality starts with."""
    documents.install_seed_documents(city)
    question_sets.seed_questions()
    organisations.install_seed_organisations(city)
    shipped_rules.seed_rules(city)
    year = _school_year()
    Programme.objects.get_or_create(
        municipality=city,
        defaults={
            "title": f"{year}年度 見まもりの取り組み(架空)",
            "begins_on": today().replace(year=year, month=4, day=1),
            "ends_on": today().replace(year=year + 1, month=3, day=31),
        },
    )


# -- people -----------------------------------------------------------------------------------


def _municipality():
    return Municipality.objects.get_or_create(
        code=invented_people.MUNICIPALITY_CODE, defaults={"name": invented_people.MUNICIPALITY_NAME}
    )[0]


def _roster(invented, city, officer):
    content = roster_zip.write_roster_zip(
        invented,
        school_name=invented_people.SCHOOL_NAME,
        school_code=invented_people.SCHOOL_CODE,
        district_name=invented_people.MUNICIPALITY_NAME,
        district_code=invented_people.MUNICIPALITY_CODE,
    )
    name = f"RO_{invented.school_year}0401_{invented_people.SCHOOL_CODE}.zip"
    folder = settings.BASE_DIR / "var" / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    if not School.objects.filter(code=invented_people.SCHOOL_CODE).exists():
        checked = imports.check_roster(content, name, by=officer)
        if checked.state != ImportState.CHECKED:
            raise RuntimeError(f"the invented roster was refused: {checked.report}")
        imports.import_roster(checked, by=officer)
    return School.objects.get(code=invented_people.SCHOOL_CODE)


def _staff(role, city, school=None):
    """A staff account with a password, a second factor and a post; created once."""
    email = sign_ins.STAFF_EMAILS[role.value]
    user = User.objects.filter(email=email).first() or _user(email, is_staff=True)
    if not Authenticator.objects.filter(user=user).exists():
        secret = generate_totp_secret()
        TOTP.activate(user, secret)
        sign_ins.store_sign_ins(
            totp={**sign_ins.load_sign_ins().get("totp", {}), role.value: secret}
        )
    if role not in CITY_WIDE_ROLES and school is None:
        return user
    _post(user, role, city, school)
    return user


def _post(user, role, city, school):
    if user.staff_posts.exists():
        return
    if role == Role.HOMEROOM:  # the roster has named the teacher: the account gets that post
        first = SchoolClass.objects.filter(school=school).order_by("grade", "title").first()
        StaffPost.objects.filter(school_class=first, role=role).update(user=user)
        return
    StaffPost.objects.create(
        municipality=city,
        school=None if role in CITY_WIDE_ROLES else school,
        user=user,
        name=f"{role.label}(架空)",
        role=role,
        begins_on=today(),
    )


def _user(email, *, is_staff=False):
    user = User.objects.create(
        username=uuid.uuid4().hex, email=email, is_staff=is_staff, password=_password()
    )
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def _password(cache={}):  # noqa: B006 - one slow hash serves every invented person
    return cache.setdefault("hash", make_password(sign_ins.PASSWORD))


@transaction.atomic
def _accounts(school):
    """Accounts for all students and for eleven in twelve guardians (the others have a letter).

    These guardians count as confirmed long ago; guardians who register with a letter wait for the
    school.
    """
    students = list(Student.objects.filter(school=school).select_related("user"))
    for student in (s for s in students if s.user_id is None):
        student.user = User.objects.create(username=uuid.uuid4().hex, password="!")  # noqa: S106
        student.save(update_fields=["user"])
    first = students[0].guardianships.current().first().guardian
    for index, guardian in enumerate(_guardians(students, first)):
        if guardian.user_id is None and index % 12 != 11:
            email = (
                sign_ins.GUARDIAN_EMAIL if guardian.pk == first.pk else f"g{index}@mihon.example"
            )
            guardian.user = _user(email)
            guardian.save(update_fields=["user"])
    return students


def _guardians(students, first):
    found = Guardian.objects.filter(guardianships__student__in=students).distinct()
    return sorted(found, key=lambda g: (g.pk != first.pk, g.source_id))


def _duty(school):
    """The school's duty roster and commitment, through the same services as anywhere."""
    people_of = {
        post.role: post.user for post in StaffPost.objects.filter(school=school).exclude(user=None)
    }
    contacts = {
        "first": people_of[Role.NURSE],
        "second": people_of[Role.COUNSELLOR],
        "last": people_of[Role.PRINCIPAL],
    }
    roster, _ = DutyRoster.objects.get_or_create(
        school=school, defaults={"municipality": school.municipality, **contacts}
    )
    if roster.is_on:
        return
    for weekday in range(5):
        roster.hours.get_or_create(
            weekday=weekday, defaults={"opens_at": "08:30", "closes_at": "16:30"}
        )
    roster.people.get_or_create(
        person=people_of[Role.COUNSELLOR],
        defaults={
            "answers_as": AnswersAs.COUNSELLOR,
            "is_listed": True,
            "shown_name": "みほん ｜先生《せんせい》（カウンセラー）",
        },
    )
    by = people_of[Role.PRINCIPAL]
    facts = {"name": "架空の養護教諭", "role": Role.NURSE, "approved_on": today()}
    duty_rosters.record_approval(roster, by=by, **facts)
    duty_rosters.switch_on(roster, by=by)


# -- decisions ----------------------------------------------------------------------------------


def _decisions(students, invented):
    if ConsentReceipt.objects.filter(student__in=students).exists():
        return
    purposes = list(
        PurposePolicy.objects.offered()
        .filter(municipality_id=students[0].municipality_id)
        .values_list("purpose", flat=True)
    )
    for index, student in enumerate(students):
        guardians, own = _answers(index, purposes)
        for link in student.guardianships.current().select_related("guardian__user"):
            if guardians and link.guardian.user:
                _decide(student, link.guardian.user, guardians)
        if own:
            _decide(student, student.user, own)


def _answers(index, purposes):
    """(the guardians' answers, the student's): seven in ten agree to what the school sees."""
    school_side = [p for p in purposes if p not in SELF_INFO]
    given = dict.fromkeys(school_side, Response.GIVEN)
    refused = dict.fromkeys(purposes, Response.REFUSED)
    if school_days.is_low(index) or school_days.is_often_absent(index) or index == 0:
        home = {} if index else dict.fromkeys(SELF_INFO, Response.GIVEN)
        return given | home, {p: r for p, r in given.items() if index or p != "study_log"}
    kind = index % 10
    if kind < 7:
        return {**given, **({"income": Response.REFUSED} if kind < 3 else {})}, given
    return {7: (given, None), 8: (refused, None), 9: (None, None)}[kind]


def _decide(student, actor, answers):
    decisions.decide(student=student, actor=actor, answers=answers, form_key=uuid.uuid4())


# -- sixty days ---------------------------------------------------------------------------------


def _checkins(students, invented, dates):
    if CheckIn.objects.filter(student__in=students).exists():
        return
    asked = question_sets.current_question_set("daily")
    pupils = {str(pupil.source_id): pupil for pupil in invented.pupils}
    for index, student in enumerate(students):
        if not submissions.is_offered(student):
            continue
        for date, answers in school_days.checkin_answers(index, pupils[student.source_id], dates):
            submissions.submit(
                student=student,
                question_set=asked,
                answers=answers,
                client_key=uuid.uuid4(),
                answered_on=date,
            )


def _sources(school, invented, dates):
    folder = Path(settings.SOURCE_FOLDER) / school.municipality.code / school.code
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in school_files.school_files(invented.pupils, dates):
        if not (folder / name).exists():
            with open(folder / name, "w", encoding="utf-8-sig", newline="") as out:
                csv.writer(out).writerows(rows)
    _source(school, SourceKind.SCHOOL_FILES, "学校のファイル(C4th 取込形式)", school.code)
    if settings.LRS_SANDBOX_URL:
        _source(school, SourceKind.XAPI_LRS, "学習記録(代役のLRS)", settings.LRS_SANDBOX_URL)
        _learn(invented, dates)


def _source(school, kind, title, place):
    DataSource.objects.update_or_create(
        school=school,
        kind=kind,
        defaults={"municipality": school.municipality, "title": title, "place": place},
    )


def _learn(invented, dates):
    """POST all statements to the stand-in LRS; repeated ids change nothing there."""
    url = f"{settings.LRS_SANDBOX_URL}/statements"
    batch = [
        s for pupil in invented.pupils for s in school_days.xapi_statements(pupil, dates, HOME_PAGE)
    ]
    for start in range(0, len(batch), 500):
        answer = requests.post(
            url,
            json=batch[start : start + 500],
            auth=("demo", "demo"),
            headers={"X-Experience-API-Version": "1.0.3"},
            timeout=10,
        )
        answer.raise_for_status()


# -- sign-ins ------------------------------------------------------------------------------------


def _sign_ins(students, officer):
    sakura = students[0]
    nurse = StaffPost.objects.filter(role=Role.NURSE, school=sakura.school_id).first().user
    if not LoginCard.objects.valid().filter(student=sakura).exists():
        ((_, code),) = cards.issue_cards([sakura], by=officer)
        cards.set_first_pin(code, sign_ins.PIN)
        waiting = first_pins.first_pins_of(nurse, sakura.home_class)
        first_pins.confirm_first_pins([each.tick for each in waiting], by=nurse)
        sakura.refresh_from_db()
        sign_ins.store_sign_ins(card_code=code)
    letter_guardians.create_letter_guardians(
        students[3], students[4], by=officer, nurse=nurse, make_account=_user
    )
    if "letter_code" not in sign_ins.load_sign_ins():
        waiting = Guardian.objects.filter(user=None, guardianships__student__in=students).first()
        ((_, code),) = letters_services.issue_guardian_letters([waiting], by=officer)
        sign_ins.store_sign_ins(letter_code=code)
    if "child_letter_code" not in sign_ins.load_sign_ins():
        ((_, code),) = child_letters.issue_child_letters([students[5]], by=officer)
        sign_ins.store_sign_ins(child_letter_code=code)


def _protection(school, officer):
    """Record the city's answer about protected children, so that letters may be printed."""
    if not has_protection_check(school.pk):
        check = ProtectionCheck(school=school, checked_on=today(), none_known=True)
        record_protection_check(check, by=officer)


def _device(user):
    """One device of the first student at the stand-in push service, which decrypts for real."""
    if not settings.PUSH_SANDBOX_ORIGIN or user.push_subscriptions.exists():
        return
    made = requests.post(f"{settings.PUSH_SANDBOX_ORIGIN}/subscriptions", timeout=5).json()
    push.subscribe(
        user, made["endpoint"], made["keys"]["p256dh"], made["keys"]["auth"], device="体験用の端末"
    )


def _help_request(student):
    """One student who asks to talk, so that staff see how a help request looks."""
    if not help_requests.latest_request(student):
        help_requests.send_help_request(
            student=student, wanted="anyone", topic="friends", form_key=uuid.uuid4()
        )


def _notice(city, officer):
    if Notice.objects.filter(municipality=city).exists():
        return
    notice = Notice.objects.create(
        municipality=city,
        title="｜話《はな》せる ｜場所《ばしょ》が あります",
        body=(
            "｜困《こま》って いる ときも、そうで ない ときも、｜話《はな》せる ｜場所《ばしょ》が "
            "あります。\n\nこの お｜知《し》らせは、｜学校《がっこう》の みんなに "
            "｜送《おく》って います。"
        ),
        written_by=officer,
    )
    notice.organisations.set(
        SupportOrganisation.objects.published().filter(is_emergency=False).order_by("order")[:3]
    )
    drafts.submit_draft(notice, by=officer)
    principal = StaffPost.objects.current().filter(municipality=city, role=Role.PRINCIPAL)[0]
    publication.publish_notice(notice, by=principal.user)


def _school_year():
    return today().year - (today().month < 4)
