"""Creates the invented school through the same services everybody uses. Idempotent."""

import uuid

import requests
from django.conf import settings

from apps.cases.services import schemes, shipped_rules, signs
from apps.checkins.services import question_sets
from apps.consent.models import Programme
from apps.consent.services import documents
from apps.core.clock import today
from apps.core.school_years import school_year_of
from apps.helpline.services import help_requests
from apps.linkage.services import sync_runs
from apps.notices.models import Notice, SupportOrganisation
from apps.notices.services import drafts, organisations, publication
from apps.people.models import Guardian, ProtectionCheck, Role, StaffPost, User
from apps.people.services.protection_checks import has_protection_check
from apps.people.services.school_calendar import record_protection_check
from apps.push.services import broadcasts as push
from apps.registration.services import child_letters
from apps.registration.services import letters as letters_services
from apps.selfinfo.services import endpoints
from apps.signin.models import LoginCard
from apps.signin.services import cards, first_pins
from kaga_portal.demo import (
    daily_data,
    helpdesk_questions,
    invented_people,
    letter_guardians,
    people,
    school_days,
    sign_ins,
)


def build_demo(say=print):
    """Create whatever is missing of the invented school. ``say`` gets a line for each step."""
    year = current_school_year()
    invented = invented_people.invent_school(settings.DEMO_SEED, year)
    city = people.create_municipality()
    officer = people.create_staff(Role.CITY, city)
    say("名簿を 作り、取り込みます")
    school = people.import_invented_roster(invented, city, officer)
    for role in sign_ins.STAFF_EMAILS:
        people.create_staff(Role(role), city, school)
    seed_municipality(city)
    people.create_duty_roster(school)
    _record_protection_check(school, officer)
    students = people.create_accounts(school)
    say("同意・不同意の 返事を 書きます")
    daily_data.record_decisions(students, invented)
    say("60日分の チェックイン・出欠・学習記録を 作ります")
    dates = school_days.school_days(today())
    daily_data.submit_checkins(students, invented, dates)
    daily_data.create_sources(school, invented, dates)
    if settings.SELF_INFO_SANDBOX_URL:
        endpoints.install_trial_codes(city)
    sync_runs.sync_all()
    say("気づきを 確かめ、お知らせを 出します")
    signs.update_signs()
    _create_sign_ins(students, officer)
    _create_device(students[0].user)
    _send_help_request(students[7])
    _publish_notice(city, officer)
    guardian = User.objects.get(email=sign_ins.GUARDIAN_EMAIL)
    helpdesk_questions.ask_questions(city, students[0].user, guardian)
    say("できました")


def seed_municipality(city):
    """The words, questions, organisations and rules that a new municipality starts with."""
    documents.install_seed_documents(city)
    question_sets.seed_questions()
    organisations.install_seed_organisations(city)
    shipped_rules.seed_rules(city)
    schemes.seed_schemes(city)
    year = current_school_year()
    Programme.objects.get_or_create(
        municipality=city,
        defaults={
            "title": f"{year}年度 見まもりの取り組み(架空)",
            "begins_on": today().replace(year=year, month=4, day=1),
            "ends_on": today().replace(year=year + 1, month=3, day=31),
        },
    )


def _create_sign_ins(students, officer):
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
        students[3], students[4], by=officer, nurse=nurse, make_account=people.create_user
    )
    if "letter_code" not in sign_ins.load_sign_ins():
        waiting = Guardian.objects.filter(user=None, guardianships__student__in=students).first()
        ((_, code),) = letters_services.issue_guardian_letters([waiting], by=officer)
        sign_ins.store_sign_ins(letter_code=code)
    if "child_letter_code" not in sign_ins.load_sign_ins():
        ((_, code),) = child_letters.issue_child_letters([students[5]], by=officer)
        sign_ins.store_sign_ins(child_letter_code=code)


def _record_protection_check(school, officer):
    """Record the city's answer about protected children, so that letters may be printed."""
    if not has_protection_check(school.pk):
        check = ProtectionCheck(school=school, checked_on=today(), none_known=True)
        record_protection_check(check, by=officer)


def _create_device(user):
    """One device of the first student at the stand-in push service, which decrypts for real."""
    if not settings.PUSH_SANDBOX_ORIGIN or user.push_subscriptions.exists():
        return
    subscription = requests.post(f"{settings.PUSH_SANDBOX_ORIGIN}/subscriptions", timeout=5).json()
    push.subscribe(
        user,
        subscription["endpoint"],
        subscription["keys"]["p256dh"],
        subscription["keys"]["auth"],
        device="体験用の端末",
    )


def _send_help_request(student):
    """One student who asks to talk, so that staff see how a help request looks."""
    if not help_requests.latest_request(student):
        help_requests.send_help_request(
            student=student, wanted="anyone", topic="friends", form_key=uuid.uuid4()
        )


def _publish_notice(city, officer):
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


def current_school_year() -> int:
    """The year in which today's school year began."""
    return school_year_of(today())
