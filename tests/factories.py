"""One small factory per model that tests need; every name is invented."""

import uuid
from datetime import time

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.utils import timezone

from apps.consent.document_terms import document_digest
from apps.consent.models import (
    ConsentDocument,
    Decider,
    Programme,
    Purpose,
    PurposePolicy,
    Response,
)
from apps.consent.seed_documents import SEED_DOCUMENTS
from apps.consent.services.decisions import decide
from apps.consent.services.documents import draft_next_version, publish_document, review_document
from apps.core.clock import today
from apps.helpline.models import DutyRoster
from apps.helpline.services import duty_rosters
from apps.people.models import (
    Guardian,
    Guardianship,
    Municipality,
    ProtectionCheck,
    Role,
    School,
    SchoolClass,
    StaffPost,
    Student,
    User,
)
from apps.people.pin_reauthentication import mark_reauthenticated
from apps.signin.services import cards, first_pins

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "きょうは-いい天気-2026"


def new_user(email="", *, is_staff=False):
    """An unsaved account."""
    created = User(username=uuid.uuid4().hex, email=email, is_staff=is_staff)
    created.set_unusable_password()
    return created


def user(email="", *, is_staff=False):
    created = new_user(email, is_staff=is_staff)
    created.save()
    return created


def auth_backend_of(user):
    """The authentication backend's path for this kind of account."""
    name = "CardBackend" if hasattr(user, "student") else "AccountBackend"
    return f"apps.signin.backends.{name}"


def force_sign_in(client, user):
    """Sign in by this person's method; staff have used their second factor in this session."""
    user.refresh_from_db(fields=["password", "session_epoch"])  # a card was issued meanwhile
    client.force_login(user, backend=auth_backend_of(user))
    factor = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if factor is None:
        return
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [
        {"method": "mfa", "at": timezone.now().timestamp(), "id": factor.pk, "type": factor.type}
    ]
    session.save()


def with_recent_pin(client):
    """A signed-in Client; a student in it has typed the PIN just now, to read their own answers."""
    user = User.objects.get(pk=client.session["_auth_user_id"])
    if hasattr(user, "student"):
        session = client.session
        mark_reauthenticated(session, user.student)
        session.save()
    return client


def municipality(code="172065", name="加賀市(架空)"):
    return Municipality.objects.create(code=code, name=name)


def programme(of):
    year = today().year
    return Programme.objects.create(
        municipality=of,
        title="見まもりの取り組み",
        begins_on=today().replace(year=year - 1, day=1),
        ends_on=today().replace(year=year + 1, day=1),
    )


def school(of, code="C117220600017", name="東和中学校(架空)"):
    return School.objects.create(municipality=of, source_id=str(uuid.uuid4()), code=code, name=name)


def school_class(at, title="1年1組", grade="J1"):
    return SchoolClass.objects.create(
        municipality=at.municipality, school=at, source_id=str(uuid.uuid4()),
        school_year=2026, grade=grade, title=title,
    )  # fmt: skip


def student(of_class, given="さくら", family="加賀", *, number=1, local_code="", with_user=True):
    return Student.objects.create(
        municipality=of_class.municipality,
        school=of_class.school,
        user=user() if with_user else None,
        source_id=str(uuid.uuid4()),
        master_id=uuid.uuid4(),
        local_code=local_code,
        family_name=family,
        given_name=given,
        family_kana="カガ",
        given_kana="サクラ",
        grade=of_class.grade,
        home_class=of_class,
        attendance_number=number,
    )


def guardian(of_student, given="みどり", email="midori@example.com"):
    created = Guardian.objects.create(
        municipality=of_student.municipality,
        user=user(email),
        source_id=str(uuid.uuid4()),
        family_name=of_student.family_name,
        given_name=given,
    )
    Guardianship.objects.create(
        municipality=of_student.municipality, guardian=created, student=of_student
    )
    return created


def guardianship(of_guardian, to_student):
    """One more child of a guardian."""
    return Guardianship.objects.create(
        municipality=to_student.municipality, guardian=of_guardian, student=to_student
    )


def new_post(role, at=None, *, of=None, in_class=None, grade="", email=None, name="職員"):
    """An unsaved post with its account."""
    return StaffPost(
        municipality=of or at.municipality,
        school=at,
        school_class=in_class,
        grade=grade,
        user=new_user(email or f"{uuid.uuid4().hex[:8]}@city.example", is_staff=True),
        name=name,
        role=role,
        begins_on=today(),
    )


def second_factor(*users):
    """Give each of these accounts a second factor; its secret is TOTP_SECRET."""
    data, kind = {"secret": get_adapter().encrypt(TOTP_SECRET)}, Authenticator.Type.TOTP
    Authenticator.objects.bulk_create([Authenticator(user=u, type=kind, data=data) for u in users])


def save_posts(posts):
    """Save new posts with their accounts, each with a second factor, in three statements."""
    posts = list(posts)
    User.objects.bulk_create([one.user for one in posts])
    StaffPost.objects.bulk_create(posts)
    second_factor(*(one.user for one in posts))


def staff_post(role, at=None, **others):
    """A staff user with a second factor and one post; ``.user`` is the account."""
    created = new_post(role, at, **others)
    save_posts([created])
    return created


def make_parent(of_post, of_student, *, standing="kept_out"):
    """This post's holder is a guardian of the student by the same 共通ID, with another account.

    Returns the post's account as the next request loads it.
    """
    made = guardian(of_student, "おや", f"{uuid.uuid4().hex[:8]}@example.com")
    of_post.master_id = made.master_id = uuid.uuid4()
    of_post.save(update_fields=["master_id"])
    made.save(update_fields=["master_id"])
    Guardianship.objects.filter(guardian=made).update(standing=standing)
    for name in ("known_accounts", "known_family", "known_other_guardians"):
        of_post.user.__dict__.pop(name, None)
    return User.objects.get(pk=of_post.user_id)


def second_account(of_post, role, *, at=None, in_class=None):
    """Another account of this post's holder: two posts of one 共通ID; returns the new StaffPost."""
    if of_post.master_id is None:
        of_post.master_id = uuid.uuid4()
        of_post.save(update_fields=["master_id"])
    of_post.user.__dict__.pop("known_accounts", None)
    created = staff_post(role, at, of=of_post.municipality, in_class=in_class, name=of_post.name)
    created.master_id = of_post.master_id
    created.save(update_fields=["master_id"])
    return created


def protection_check(at, *, by, none_known=True):
    """Record the city's answer about protected children, so that this school's letters may be
    printed.
    """
    return ProtectionCheck.objects.create(
        municipality_id=at.municipality_id, school=at, checked_on=today(), none_known=none_known,
        recorded_by=by, recorded_role=Role.CITY, recorded_at=timezone.now(),
    )  # fmt: skip


def policy(of, purpose=Purpose.ATTENDANCE, decider=Decider.BOTH):
    return PurposePolicy.objects.create(
        municipality=of, purpose=purpose, decider=decider,
        readers=list(SEED_DOCUMENTS[purpose].readers), alone_from_age=SEED_DOCUMENTS[purpose].alone_from_age,
    )  # fmt: skip


def document(of, purpose=Purpose.ATTENDANCE, version=1):
    asks = (
        PurposePolicy.objects.filter(municipality=of, purpose=purpose).first()
        or SEED_DOCUMENTS[purpose]
    )
    created = ConsentDocument(
        municipality=of,
        purpose=purpose,
        version=version,
        question="出席のようすを、見まもりに使ってよいですか。",
        what="日付と、出席・欠席・遅刻・早退の区分。",
        source="学校の校務支援システム",
        recipients=SEED_DOCUMENTS[purpose].recipients,
        kept="この学年のあいだ",
        aim="つらいようすに早く気づくため",
        student_question="｜出席《しゅっせき》の ようすを 使っても いいですか。",
        student_words="休んだ日や おくれた日を、先生が 見ます。",
        readers=list(SEED_DOCUMENTS[purpose].readers),
        decider=asks.decider,
        alone_from_age=asks.alone_from_age,
        published_at=timezone.now(),
    )
    created.digest = document_digest(created)
    created.save()
    return created


def published_document(draft, by):
    """Put a draft in force: a second person reads it, then it is published."""
    second = staff_post(Role.PRIVACY, of=draft.municipality, name="確かめる人")
    return publish_document(
        review_document(draft, by=second.user), by=by, reason="説明を新しくするため"
    )


def next_document(of, purpose, by):
    """The next document of a purpose, read and published."""
    now = ConsentDocument.objects.current().get(municipality=of, purpose=purpose)
    return published_document(draft_next_version(now, by=by), by=by)


def make_effective(of_student, purpose):
    """Make a purpose effective by everybody's decisions (policy and document are made if missing)."""
    of = of_student.municipality
    if not Programme.objects.filter(municipality=of).exists():
        programme(of)
    if not PurposePolicy.objects.filter(municipality=of, purpose=purpose).exists():
        policy(of, purpose)
    if not ConsentDocument.objects.filter(municipality=of, purpose=purpose).exists():
        document(of, purpose)
    if not of_student.guardianships.exists():
        guardian(of_student, email=f"{uuid.uuid4().hex[:8]}@example.com")
    deciders = [g.guardian.user for g in of_student.guardianships.current()] + [of_student.user]
    for actor in deciders:
        decide(
            student=of_student,
            actor=actor,
            answers={purpose: Response.GIVEN},
            form_key=uuid.uuid4(),
        )


def duty_roster(cast, *, on=True, hours=(time(8, 30), time(16, 30)), weekdays=range(5)):
    """The duty roster of the cast's school: nurse, counsellor, principal; approved and active."""
    created = DutyRoster.objects.create(
        municipality=cast.city, school=cast.school, first=cast.nurse.user,
        second=cast.counsellor.user, last=cast.principal.user,
    )  # fmt: skip
    for weekday in weekdays:
        created.hours.create(weekday=weekday, opens_at=hours[0], closes_at=hours[1])
    duty_rosters.record_approval(
        created, by=cast.principal.user, name="相談の先生", role="counsellor", approved_on=today()
    )
    return duty_rosters.switch_on(created, by=cast.principal.user) if on else created


def choose_own_pin(code, pin):
    """Choose the first PIN of a card, and let a nurse of the school confirm that it was the
    student.
    """
    student = Student.objects.get(user=cards.set_first_pin(code, pin))
    by = staff_post(Role.NURSE, student.school, name="見ていた先生")
    (waiting,) = [
        each
        for each in first_pins.first_pins_of(by.user, student.home_class)
        if each.student.pk == student.pk
    ]
    first_pins.confirm_first_pins([waiting.tick], by=by.user)
    by.delete()
    return Student.objects.get(pk=student.pk)
