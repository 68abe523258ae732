"""Creates the invented school's people: municipality, roster, staff, accounts and duty roster."""

import uuid

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from apps.core.clock import today
from apps.helpline.models import AnswersAs, DutyRoster
from apps.helpline.services import duty_rosters
from apps.people.models import (
    CITY_WIDE_ROLES,
    Guardian,
    Municipality,
    Role,
    School,
    SchoolClass,
    StaffPost,
    Student,
    User,
)
from apps.roster.models import ImportState
from apps.roster.services import imports
from kaga_portal.demo import (
    invented_people,
    roster_zip,
    sign_ins,
)


def create_municipality():
    """The invented municipality."""
    return Municipality.objects.get_or_create(
        code=invented_people.MUNICIPALITY_CODE, defaults={"name": invented_people.MUNICIPALITY_NAME}
    )[0]


def import_invented_roster(invented, city, officer):
    """Write and import the roster of the invented school; returns the school."""
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


def create_staff(role, city, school=None):
    """A staff account with a password, a second factor and a post; created once."""
    email = sign_ins.STAFF_EMAILS[role.value]
    user = User.objects.filter(email=email).first() or create_user(email, is_staff=True)
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


def create_user(email, *, is_staff=False):
    """An account with a confirmed address and the common password."""
    user = User.objects.create(
        username=uuid.uuid4().hex, email=email, is_staff=is_staff, password=_password()
    )
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def _password(cache={}):  # noqa: B006 - one slow hash serves every invented person
    return cache.setdefault("hash", make_password(sign_ins.PASSWORD))


@transaction.atomic
def create_accounts(school):
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
            guardian.user = create_user(email)
            guardian.save(update_fields=["user"])
    return students


def _guardians(students, first):
    """Those of the roster, in an order that stays; others have registered with a letter."""
    found = Guardian.objects.filter(guardianships__student__in=students).exclude(source_id="")
    return sorted(set(found), key=lambda g: (g.pk != first.pk, g.source_id))


def create_duty_roster(school):
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
