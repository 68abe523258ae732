"""One small town in which every page of a student, a guardian and a visitor has something to show."""

import uuid
from datetime import time, timedelta
from types import SimpleNamespace

from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.utils import timezone

from apps.checkins.models import CheckIn
from apps.checkins.services import question_sets, submissions
from apps.consent.models import ConsentReceipt, DeletionCertificate, PurposePolicy, Response
from apps.consent.services import decisions, documents
from apps.core.clock import today
from apps.disclosure.models import CorrectionRequest
from apps.disclosure.services import corrections
from apps.helpline.services import family_requests, help_requests, replies
from apps.notices.models import Notice, SupportOrganisation
from apps.notices.services import drafts, organisations, publication
from apps.push.models import Broadcast
from apps.registration.services import letters
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.services import endpoints, sessions
from apps.signin.services import cards
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories
from tests.push.browser_keys import device

HOME = {"household", "income", "allowances"}
LONG_WORDS = (
    "ともだちの ことで こまって います。\n" * 3 + "x" * 80 + " https://example.com/" + "a" * 90
)


def furnish(cast, settings):
    """Everything that a page may show, at once; returns what the addresses need."""
    settings.SELF_INFO_SANDBOX_URL = "http://127.0.0.1:9"
    documents.install_seed_documents(cast.city)
    question_sets.seed_questions()
    organisations.install_seed_organisations(cast.city)
    endpoints.install_trial_codes(cast.city)
    factories.duty_roster(cast, hours=(time.min, time.max), weekdays=range(7))
    town = SimpleNamespace(cast=cast, student=cast.sakura, guardian=cast.midori)
    town.sibling = factories.student(cast.class_2, "かえでのすけ", number=9, local_code="1009")
    factories.guardianship(cast.midori, town.sibling)
    for of in (cast.midori, cast.other_guardian):
        of.user.set_password(factories.PASSWORD)
        of.user.save()
        EmailAddress.objects.create(
            user=of.user, email=of.user.email, verified=True, primary=True
        )  # fmt: skip
    _decisions(town)
    _answers(town)
    _notices(town)
    _help(town)
    _guardians_own(town)
    town.trial = _trial(cast.sakura.user)
    ((_, town.card),) = cards.issue_cards([cast.ren], by=cast.officer.user)
    unknown = factories.guardian(town.sibling, "もえぎ", "moegi@example.com")
    unknown.user = None
    unknown.save()
    ((_, town.letter),) = letters.issue_guardian_letters([unknown], by=cast.officer.user)
    TOTP.activate(cast.midori.user, factories.TOTP_SECRET)
    RecoveryCodes.activate(cast.midori.user)
    return town


def _decide(student, actor, answers):
    return decisions.decide(student=student, actor=actor, answers=answers, form_key=uuid.uuid4())


def _decisions(town):
    """Agreed to nearly everything, one taken back, one open, words changed since."""
    offered = PurposePolicy.objects.offered().filter(municipality=town.cast.city)
    purposes = [p for p in offered.values_list("purpose", flat=True) if p != "evaluation"]
    _decide(town.student, town.guardian.user, dict.fromkeys(purposes, Response.GIVEN))
    own = dict.fromkeys([p for p in purposes if p not in HOME], Response.GIVEN)
    _decide(town.student, town.student.user, own)
    for actor in (town.guardian.user, town.student.user):
        decisions.withdraw(
            student=town.student, actor=actor, purpose="grades" if "grades" in own else "attendance",
            form_key=uuid.uuid4(),
        )  # fmt: skip
    receipts = ConsentReceipt.objects.filter(student=town.student)
    town.receipts = {str(r.party): r for r in receipts.order_by("decided_at")}
    town.certificate = DeletionCertificate.objects.first()


def _answers(town):
    for days_ago in range(9):
        submissions.submit(
            student=town.student, question_set=question_sets.current_question_set("daily"),
            answers={"mood": days_ago % 5, "body": 1, "sleep": 2, "talk": 2}, client_key=uuid.uuid4(),
            answered_on=today() - timedelta(days=days_ago),
        )  # fmt: skip
    rows = CheckIn.objects.filter(student=town.student)
    open_sealed(list(rows), actor=town.cast.homeroom.user, reason=OpeningReason.MEETING)


def _notices(town):
    notice = None
    for number in range(3):
        notice = Notice.objects.create(
            municipality=town.cast.city, written_by=town.cast.officer.user,
            title="｜話《はな》せる ｜場所《ばしょ》が あります。｜夏休《なつやす》みも ｜開《あ》いて います",
            body="｜困《こま》って いる ときも、｜話《はな》せます。\n\n- ｜電話《でんわ》\n- チャット\n\n" * (number + 1),
        )  # fmt: skip
        notice.organisations.set(SupportOrganisation.objects.published()[:4])
        drafts.submit_draft(notice, by=town.cast.officer.user)
        publication.publish_notice(notice, by=town.cast.principal.user)
    town.notice = notice
    town.place = (
        SupportOrganisation.objects.published().exclude(phone="").exclude(is_emergency=True).first()
    )


def _help(town):
    """One help request answered, one waiting."""

    def ask():
        return help_requests.send_help_request(
            student=town.student, wanted="anyone", topic="friends", words=LONG_WORDS[:190],
            form_key=uuid.uuid4(),
        )  # fmt: skip

    first = ask()
    replies.open_request(first, actor=town.cast.nurse.user, reason="student_asked")
    replies.send_reply(
        first, actor=town.cast.nurse.user, words=LONG_WORDS[:200], form_key=uuid.uuid4()
    )
    town.answered = first
    ask()


def _guardians_own(town):
    """A correction asked and answered, a reading from マイナポータル begun and one ended."""
    for actor in (town.guardian.user, town.student.user):
        correction = corrections.request_correction(
            town.student, actor=actor, about="roster", words=LONG_WORDS[:200], form_key=uuid.uuid4()
        )
    corrections.answer_correction(
        CorrectionRequest.objects.get(pk=correction.pk),
        actor=town.cast.officer.user,
        words="なおしました。",
    )
    user = town.guardian.user
    asked = [
        family_requests.send_family_request(
            town.student, actor=user, recipient=to, way="phone", contact="0761-00-0000",
            form_key=uuid.uuid4(),
        )
        for to in ("nurse", "principal")
    ]  # fmt: skip
    family_requests.open_family_request(
        asked[0], actor=town.cast.nurse.user, reason="guardian_asked"
    )
    town.family_request = asked[0]
    ended, _ = sessions.begin_session(town.student, user, ["household", "income"], browser="a")
    SelfInfoSession.objects.filter(pk=ended.pk).update(
        state="expired",
        next_at=None,
        papers=None,
        outcomes={"household": "kept", "income": "nothing"},
    )
    town.session_over = ended
    town.session, _ = sessions.begin_session(town.student, user, ["allowances"], browser="b")


def _trial(user):
    own = device(user)
    return Broadcast.objects.create(
        topic=uuid.uuid4().hex, path="/push/", device=own, municipality=own.municipality,
        expires_at=timezone.now() + timedelta(minutes=5),
    )  # fmt: skip
