"""Every kind of act: previewed with a reason, refused to one person alone, waits,
can be stopped, is carried out once. A new kind needs a scenario here."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.checkins.models import QuestionSet
from apps.checkins.services import question_retirement, question_sets
from apps.consent.models import Programme, Purpose, PurposePolicy
from apps.consent.services.purpose_status import is_effective
from apps.consent.services.scheduled_work import reconcile_all
from apps.helpline.services import duty_reduction
from apps.linkage.models import DataSource, SyncRun
from apps.linkage.services import record_loss
from apps.notices.models import Notice, SupportOrganisation
from apps.notices.services import drafts, hidden_content, publication
from apps.people.act_kinds import ACT_KINDS
from apps.people.act_types import ActTiming
from apps.people.models import (
    ActState,
    Guardian,
    Guardianship,
    GuardianStanding,
    PendingAct,
    ReadingRight,
    Role,
    SchoolBreak,
    StaffPost,
    User,
)
from apps.people.permissions import may_open
from apps.people.services import long_breaks, pending_acts
from apps.registration.models import InvitationLetter
from apps.registration.services import code_renewals, guardian_renames, print_runs, revocations
from apps.signin.services import (
    access_recovery,
    account_locks,
    account_unlocks,
    cards,
    factor_resets,
    session_endings,
)
from apps.staffing.models import StaffInvitation
from apps.staffing.services import appointments
from apps.vault.models import DamageReport, ReplacedKey, SubjectKey
from apps.vault.services.keys import usable_data_keys
from tests import factories
from tests.people.act_scenarios import DAY, duty_form, propose, save, the_act
from tests.registration.confirmation_helpers import come, confirm, letter_of
from tests.vault.damage_helpers import lose_share

ATTENDANCE = Purpose.ATTENDANCE


def note_damage_of(key):
    """The report of a key whose share is gone, as the first reader leaves it."""
    list(usable_data_keys([key]))
    return DamageReport.objects.get(key_id=key.pk)


def yesterday():
    return timezone.localdate() - timedelta(days=1)


class ActScenario:
    """One kind: how the first person does it, and how to see whether it is done."""

    names = ()  # words the preview must show
    n_confirmers = 1

    def __init__(self, cast, sign_in):
        self.cast, self.sign_in = cast, sign_in
        factories.make_effective(cast.sakura, ATTENDANCE)
        factories.make_effective(cast.ren, ATTENDANCE)
        self.first = cast.officer.user
        self.second = factories.staff_post(Role.PRIVACY, of=cast.city, name="個人情報の担当").user
        self.same_role = factories.staff_post(Role.CITY, of=cast.city, name="もう一人").user
        self.policy = PurposePolicy.objects.get(municipality=cast.city, purpose=ATTENDANCE)

    def work(self):
        """Run the periodic task."""
        reconcile_all()

    def is_done(self):
        raise NotImplementedError

    def save(self, client):
        raise NotImplementedError

    def is_as_before(self):
        """Whether nothing of it has taken effect."""
        return not self.is_done()


class PolicyEnd(ActScenario):
    names = ("出席のようす", "2人")

    def save(self, client):
        return save(client, self.policy, is_offered=None)

    def is_done(self):
        gone = not SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
        assert gone == (not PurposePolicy.objects.get(pk=self.policy.pk).is_offered)
        return gone

    def is_as_before(self):
        return is_effective(self.cast.sakura, ATTENDANCE) and not self.is_done()


class ProgrammeEnd(PolicyEnd):
    def save(self, client):
        yesterday = timezone.localdate() - timedelta(days=1)
        return save(
            client, self.cast.programme, begins_on="2026-04-01", ends_on=yesterday.isoformat()
        )

    def is_done(self):
        gone = not SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
        assert gone == (Programme.objects.get().ends_on < timezone.localdate())
        return gone


class PolicyBegin(ActScenario):
    names = ("出席のようす", "2人")

    def __init__(self, *args):
        super().__init__(*args)
        PurposePolicy.objects.filter(pk=self.policy.pk).update(is_offered=False)
        with time_machine.travel(timezone.now() - DAY, tick=False):
            reconcile_all()
        reconcile_all()

    def save(self, client):
        return save(client, self.policy, is_offered="on")

    def is_done(self):
        done = SubjectKey.objects.filter(purpose=ATTENDANCE).exists()
        assert done == PurposePolicy.objects.get(pk=self.policy.pk).is_offered
        return done


class ProgrammeBegin(ActScenario):
    names = ("出席のようす", "2人")

    def save(self, client):
        self.later = self.cast.programme.ends_on + timedelta(days=30)
        return save(client, self.cast.programme, ends_on=self.later.isoformat())

    def is_done(self):
        return hasattr(self, "later") and Programme.objects.get().ends_on == self.later


class KeepShorter(ActScenario):
    names = ("出席のようす",)

    def save(self, client):
        return save(client, self.policy, kept_days=30)

    def is_done(self):
        return PurposePolicy.objects.get(pk=self.policy.pk).kept_days == 30

    def is_as_before(self):
        return is_effective(self.cast.sakura, ATTENDANCE) and not self.is_done()


class Narrow(ActScenario):
    names = ("担任", "養護教諭")

    def __init__(self, *args):
        super().__init__(*args)
        ReadingRight.objects.create(
            municipality=self.cast.city, purpose=ATTENDANCE, roles=self.policy.readers
        )

    def save(self, client):
        return save(client, self.policy, readers=["principal"])

    def is_done(self):
        nurse = User.objects.get(pk=self.cast.nurse.user.pk)
        return not may_open(nurse, self.cast.sakura, ATTENDANCE)


class HideNotice(ActScenario):
    names = ("自治体の全校",)

    def __init__(self, *args):
        super().__init__(*args)
        self.row = Notice.objects.create(
            municipality=self.cast.city, title="お知らせ", body="みんなへ", written_by=self.first
        )
        drafts.submit_draft(self.row, by=self.first)
        publication.publish_notice(self.row, by=self.cast.principal.user)

    def save(self, client):
        url = reverse("admin:notices_notice_look", args=[self.row.pk])
        return client.post(url, {"verb": "withdraw", "words": ""})

    def work(self):
        hidden_content.follow_acts()

    def is_done(self):
        self.row.refresh_from_db()
        return self.row.state == "withdrawn"


class HideOrganisation(HideNotice):
    names = ()

    def __init__(self, *args):
        super().__init__(*args)
        self.row = SupportOrganisation.objects.create(
            name="まちがった窓口",
            municipality=self.cast.city,
            state="published",
            verified_on=timezone.localdate(),
            verified_by="市の担当者",
            source_url="https://example.com/",
        )

    def save(self, client):
        url = reverse("admin:notices_supportorganisation_review", args=[self.row.pk])
        return client.post(url, {"verb": "withdraw"})


class ChangeOrganisation(HideOrganisation):
    """One digit of a public place's number."""

    names = ("0761-00-0001", "いまの内容のまま、公開が続きます")

    def save(self, client):
        page = reverse("admin:notices_supportorganisation_change", args=[self.row.pk])
        return client.post(page, duty_form(client, page, phone="0761-00-0001"))

    def is_done(self):
        self.row.refresh_from_db()
        assert self.row.state == "published"
        return self.row.phone == "0761-00-0001"


class LockAccount(ActScenario):
    names = ("担任の先生",)
    n_confirmers = 2  # the principal and the privacy officer

    def save(self, client):
        user = self.cast.homeroom.user
        return client.post(reverse("admin:people_user_lock", args=[user.pk]))

    def work(self):
        account_locks.apply_locks()

    def is_done(self):
        user = self.cast.homeroom.user
        page = self.sign_in(user).get(reverse("admin:index"))  # signed in before or after: out
        locked = not User.objects.get(pk=user.pk).is_active
        assert (page.status_code == 200) == (not locked)
        return locked


class Posts(ActScenario):
    """The city's officer about the nurse's post."""

    names = ("保健室の先生(養護教諭)",)
    n_confirmers = 2  # the principal and the privacy officer

    def work(self):
        appointments.apply_post_acts()

    def nurse(self):
        return StaffPost.objects.get(pk=self.cast.nurse.pk)


class Appoint(Posts):
    names = ("新しい 先生(養護教諭)", "new@school.example")

    def save(self, client):
        facts = {
            "name": "新しい 先生", "mail": "new@school.example", "role": "nurse",
            "school": self.cast.school.pk,
        }  # fmt: skip
        return client.post(reverse("admin:people_staffpost_appoint"), facts)

    def is_done(self):
        return StaffInvitation.objects.filter(mail="new@school.example").exists()


class ChangePost(Posts):
    def save(self, client):
        url = reverse("admin:people_staffpost_edit", args=[self.cast.nurse.pk])
        return client.post(url, {"role": "counsellor", "begins_on": self.nurse().begins_on})

    def is_done(self):
        return self.nurse().role == Role.COUNSELLOR


class EndPost(Posts):
    def save(self, client):
        return client.post(reverse("admin:people_staffpost_end", args=[self.cast.nurse.pk]))

    def is_done(self):
        page = self.sign_in(self.cast.nurse.user).get(reverse("admin:index"))
        is_ended = self.nurse().ended_at is not None
        assert (page.status_code == 200) == (not is_ended)
        return is_ended


class RestorePost(Posts):
    def __init__(self, *args):
        super().__init__(*args)
        StaffPost.objects.filter(pk=self.cast.nurse.pk).update(
            ended_at=timezone.now(), ends_on=yesterday()
        )

    def save(self, client):
        return client.post(reverse("admin:people_staffpost_restore", args=[self.cast.nurse.pk]))

    def is_done(self):
        return self.nurse().ended_at is None


class UnlockAccount(ActScenario):
    """The nurse's account was locked, and somebody confirmed that."""

    names = ("保健室の先生",)
    n_confirmers = 3  # the city's two officers and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        self.first = self.cast.helpdesk.user
        self.same_role = factories.staff_post(
            Role.HELPDESK, of=self.cast.city, name="もう一人"
        ).user
        User.objects.filter(pk=self.cast.nurse.user_id).update(is_active=False)

    def save(self, client):
        return client.post(reverse("admin:people_user_unlock", args=[self.cast.nurse.user_id]))

    def work(self):
        account_unlocks.apply_unlocks()

    def is_done(self):
        user = User.objects.get(pk=self.cast.nurse.user_id)
        has_factor = Authenticator.objects.filter(user=user).exists()
        assert has_factor == (not user.is_active)
        return user.is_active


class ResetFactor(ActScenario):
    """The homeroom teacher has lost the telephone with the authenticator app."""

    names = ("担任の先生", "登録しなおす")
    n_confirmers = 1  # the privacy officer: somebody from outside the school

    def save(self, client):
        user = self.cast.homeroom.user
        return client.post(reverse("admin:people_user_reset_factor", args=[user.pk]))

    def work(self):
        factor_resets.apply_factor_resets()

    def is_done(self):
        return not Authenticator.objects.filter(user=self.cast.homeroom.user).exists()


class RestoreAccess(ActScenario):
    """A guardian has lost her mail; the office has met her."""

    names = ("new@mail.example",)
    n_confirmers = 3  # the city's two officers and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        self.first = self.cast.office.user
        self.same_role = factories.staff_post(
            Role.OFFICE, self.cast.school, name="もう一人の事務"
        ).user

    def save(self, client):
        user = self.cast.midori.user
        page = reverse("admin:people_user_restore", args=[user.pk])
        return client.post(page, {"address": "new@mail.example"})

    def work(self):
        access_recovery.apply_recoveries()

    def is_done(self):
        return User.objects.get(pk=self.cast.midori.user_id).email == "new@mail.example"


class KeepGuardianOut(ActScenario):
    """Sakura's guardian, kept out by the school's lead."""

    names = ("みどり", "さくら", "この子どもが画面から消えます")
    n_confirmers = 3  # the city's two officers and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        self.first = self.cast.principal.user
        self.same_role = factories.staff_post(
            Role.PRINCIPAL, self.cast.school, name="教頭先生"
        ).user
        self.tie = self.cast.midori.guardianships.get()

    def save(self, client):
        page = reverse("admin:people_guardianship_standing", args=[self.tie.pk])
        return client.post(page, {"why": self.why, "document_number": "教学 第12号"})

    why = "support"

    def is_done(self):
        gone = self.sign_in(self.cast.midori.user).get(
            reverse("consent:overview", args=[self.cast.sakura.pk])
        )
        kept_out = gone.status_code == 404
        assert kept_out == (not is_effective(self.cast.sakura, ATTENDANCE))
        assert SubjectKey.objects.filter(student=self.cast.sakura, purpose=ATTENDANCE).exists()
        return kept_out


class LetGuardianIn(KeepGuardianOut):
    names = ("みどり", "さくら", "もとにもどる連携")
    why = "over"

    def __init__(self, *args):
        super().__init__(*args)
        Guardianship.objects.filter(pk=self.tie.pk).update(standing=GuardianStanding.KEPT_OUT)
        self.work()

    def is_done(self):
        return not super().is_done()


class LetGuardianDecide(KeepGuardianOut):
    """Sakura's guardian, informed only, is to decide by a document."""

    names = ("みどり", "さくら", "あらためてたずねる連携")

    def __init__(self, *args):
        super().__init__(*args)
        Guardianship.objects.filter(pk=self.tie.pk).update(standing=GuardianStanding.INFORMED)

    def save(self, client):
        page = reverse("admin:people_guardianship_decide", args=[self.tie.pk])
        return client.post(page, {"why": "custody", "document_number": "教学 第12号"})

    def is_done(self):
        return Guardianship.objects.deciding().filter(pk=self.tie.pk).exists()


class RenameGuardian(ActScenario):
    """A mother who came by a letter wrote her name wrong; she decides."""

    names = ("加賀美 ひかり",)
    n_confirmers = 3  # the city's two officers and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        cast = self.cast
        self.first = cast.principal.user
        self.same_role = factories.staff_post(Role.PRINCIPAL, cast.school, name="教頭先生").user
        self.registration = come(letter_of(cast.ren, by=cast.office.user), "hikaru@mail.example")
        confirm(self.registration, cast.nurse.user)

    def save(self, client):
        page = reverse("admin:registration_rename_guardian", args=[self.registration.pk])
        return client.post(page, {
            "family_name": "加賀美", "given_name": "ひかり", "family_kana": "カガミ",
            "given_kana": "ヒカリ",
        })  # fmt: skip

    def work(self):
        guardian_renames.follow_renamings()

    def is_done(self):
        return Guardian.objects.get(pk=self.registration.guardian_id).family_name == "加賀美"


class EndGuardianship(KeepGuardianOut):
    """Sakura's guardian is hers no more."""

    names = ("みどり", "さくら", "名簿がこの人を保護者としていても、もどりません")

    def save(self, client):
        page = reverse("admin:people_guardianship_end", args=[self.tie.pk])
        return client.post(page, {"end_reason": "moved"})


class StopDuty(ActScenario):
    names = ("東和中学校",)

    def __init__(self, *args):
        super().__init__(*args)
        self.duty = factories.duty_roster(self.cast)
        self.first, self.second = self.cast.principal.user, self.cast.counsellor.user
        self.same_role = factories.staff_post(
            Role.PRINCIPAL, self.cast.school, name="教頭先生"
        ).user
        self.cast.nurse.user.staff_posts.update(ends_on=yesterday(), begins_on=None)

    def save(self, client):
        return client.post(reverse("admin:helpline_switch", args=[self.duty.pk]), {"to": "off"})

    def work(self):
        duty_reduction.carry_out_duty_acts()

    def is_done(self):
        self.duty.refresh_from_db()
        return not self.duty.is_on


class RenewCards(ActScenario):
    """The cards of a class, asked by its teacher."""

    n_confirmers = 3  # the principal, the office and the city's officer

    def __init__(self, *args):
        super().__init__(*args)
        pupils = [self.cast.sakura, factories.student(self.cast.class_1, "あおい", number=2)]
        self.names = [pupil.full_name for pupil in pupils]
        self.people = [str(pupil.pk) for pupil in pupils]
        self.codes = [code for _, code in cards.issue_cards(pupils, by=None)]
        self.first, self.second = self.cast.homeroom.user, self.cast.principal.user
        self.same_role = factories.staff_post(
            Role.HOMEROOM, self.cast.school, in_class=self.cast.class_1, name="副担任"
        ).user
        StaffPost.objects.filter(user__staff_posts__name="もう一人").update(
            ends_on=yesterday(), begins_on=None
        )

    def save(self, client):
        page = reverse("admin:registration_cards", args=[self.cast.class_1.pk])
        return client.post(page, {"person": self.people, "verb": "renew"})

    def work(self):
        code_renewals.apply_renewals()

    def is_done(self):
        (ended,) = {cards.find_card(code) is None for code in self.codes}
        return ended


class EndSessions(ActScenario):
    """Everybody of a school signs in again."""

    n_confirmers = 2  # the privacy officer and the principal

    def __init__(self, *args):
        super().__init__(*args)
        self.sign_in(self.cast.sakura.user)
        self.epoch = self.cast.sakura.user.session_epoch

    def save(self, client):
        return client.post(reverse("admin:signin_sessions_place", args=[self.cast.school.pk]))

    def work(self):
        session_endings.apply_agreed_endings()

    def is_done(self):
        return User.objects.get(pk=self.cast.sakura.user_id).session_epoch > self.epoch


class RevokeLetters(ActScenario):
    """A box of letters was stolen."""

    names = ("1年1組", "使えなくなる手紙")
    n_confirmers = 3  # the city's two officers and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        self.first, self.second = self.cast.principal.user, self.cast.officer.user
        self.same_role = factories.staff_post(
            Role.PRINCIPAL, self.cast.school, name="教頭先生"
        ).user
        made = print_runs.print_letters(
            [self.cast.sakura], school_class=self.cast.class_1, by=self.cast.office.user
        )
        self.sheet = made

    def save(self, client):
        return client.post(reverse("admin:registration_sheet_revoke", args=[self.sheet.pk]))

    def work(self):
        revocations.apply_revocations()

    def is_done(self):
        self.sheet.refresh_from_db()
        works = InvitationLetter.objects.usable().filter(student=self.cast.sakura).exists()
        assert works == (self.sheet.revoked_at is None)
        return not works


class ThinDuty(StopDuty):
    names = ("東和中学校", "480")

    def save(self, client):
        page = reverse("admin:helpline_dutyroster_change", args=[self.duty.pk])
        return client.post(page, duty_form(client, page, **{"hours-0-DELETE": "on"}))

    def is_done(self):
        return self.duty.hours.count() == 4


class LongBreak(ActScenario):
    names = ("東和中学校", "冬休み")

    def __init__(self, *args):
        super().__init__(*args)
        self.first, self.second = self.cast.principal.user, self.cast.counsellor.user
        self.same_role = factories.staff_post(
            Role.PRINCIPAL, self.cast.school, name="教頭先生"
        ).user
        self.n_confirmers = 4  # the nurse, the counsellor and two of the city

    def save(self, client):
        begins = timezone.localdate() + timedelta(days=30)
        return client.post(
            reverse("admin:people_schoolbreak_add"),
            {
                "school": self.cast.school.pk,
                "title": "冬休み",
                "begins_on": begins.isoformat(),
                "ends_on": (begins + timedelta(days=13)).isoformat(),
            },
        )

    def work(self):
        long_breaks.carry_out_breaks()

    def is_done(self):
        return SchoolBreak.objects.filter(school=self.cast.school).exists()


class RetireQuestions(ActScenario):
    names = ("加賀市",)

    def __init__(self, *args):
        super().__init__(*args)
        question_sets.seed_questions()

    def save(self, client):
        weekly = QuestionSet.objects.get(code="weekly", municipality=None)
        url = reverse("admin:checkins_questionset_look", args=[weekly.pk])
        return client.post(url, {"verb": "retire"})

    def work(self):
        question_retirement.carry_out_retirements()

    def is_done(self):
        return all(
            each.code != "weekly" for each in question_sets.current_question_sets(self.cast.city.pk)
        )


class LoseRecords(ActScenario):
    names = ("出欠のフォルダー", "12")
    n_confirmers = 2  # the principal and the privacy officer

    def __init__(self, *args):
        super().__init__(*args)
        source = DataSource.objects.create(
            municipality=self.cast.city, school=self.cast.school, kind="school_files",
            title="出欠のフォルダー", place="towa",
        )  # fmt: skip
        self.run = SyncRun.objects.create(
            municipality=self.cast.city, source=source, state="held", loss_sha256="a" * 64,
            n_lost_students=4, n_lost_records=12, message="12件が 消えます。",
        )  # fmt: skip

    def save(self, client):
        return client.post(reverse("admin:linkage_decide", args=[self.run.pk, "loss"]))

    def work(self):
        record_loss.follow_acts()

    def is_done(self):
        return SyncRun.objects.filter(accepts_loss=True).exists()


class LoseKeys(ActScenario):
    """The share of one key is gone, and no backup has it."""

    n_confirmers = 2  # both officers of the city

    def __init__(self, *args):
        super().__init__(*args)
        key = SubjectKey.objects.get(student=self.cast.sakura, purpose=ATTENDANCE)
        lose_share(key.pk)
        self.report = note_damage_of(key)
        self.first, self.second = self.second, self.first
        self.same_role = factories.staff_post(Role.PRIVACY, of=self.cast.city, name="もう一人").user

    def save(self, client):
        return client.post(reverse("admin:vault_damage_lose", args=[self.report.pk, "this"]))

    def is_done(self):
        lost = ReplacedKey.objects.exclude(lost_at=None).exists()
        assert lost != SubjectKey.objects.filter(student=self.cast.sakura).exists()
        return lost


WALKS = {
    "keys.lose": LoseKeys,
    "codes.renew": RenewCards,
    "letters.revoke": RevokeLetters,
    "sessions.end": EndSessions,
    "records.lose": LoseRecords,
    "calendar.rest": LongBreak,
    "duty.thin": ThinDuty,
    "questions.retire": RetireQuestions,
    "account.lock": LockAccount,
    "post.appoint": Appoint,
    "post.change": ChangePost,
    "post.end": EndPost,
    "post.restore": RestorePost,
    "account.unlock": UnlockAccount,
    "second_factor.reset": ResetFactor,
    "access.restore": RestoreAccess,
    "guardian.keep_out": KeepGuardianOut,
    "guardian.let_decide": LetGuardianDecide,
    "guardian.let_in": LetGuardianIn,
    "guardian.rename": RenameGuardian,
    "guardianship.end": EndGuardianship,
    "notice.hide": HideNotice,
    "organisation.change": ChangeOrganisation,
    "organisation.hide": HideOrganisation,
    "duty.stop": StopDuty,
    "policy.end": PolicyEnd,
    "policy.keep_shorter": KeepShorter,
    "policy.begin": PolicyBegin,
    "programme.end": ProgrammeEnd,
    "programme.begin": ProgrammeBegin,
    "access.narrow": Narrow,
}
# Two people by the rule of its own page: test_publishing; noted by a renewed card: test_pin_resets.
BY_ITS_OWN_RULE = {"words.publish", "pin.reset"}


def test_every_kind_of_the_table_has_a_scenario():
    assert set(WALKS) | BY_ITS_OWN_RULE == set(ACT_KINDS)


@pytest.fixture(params=sorted(WALKS))
def walk(request, cast, sign_in):
    found = WALKS[request.param](cast, sign_in)
    found.kind = request.param
    assert found.is_as_before()
    return found


@pytest.fixture
def proposed(walk):
    walk.client = walk.sign_in(walk.first)
    answer = propose(walk.client, walk.save(walk.client))
    assert answer.status_code == 302, answer.content.decode()
    assert the_act().kind == walk.kind
    return walk


def works_when(kind, when):
    return ACT_KINDS[kind].when == when


def test_it_is_shown_in_numbers_and_names_before_anything_happens(walk):
    client = walk.sign_in(walk.first)
    page = client.get(walk.save(client).url).content.decode()
    for words in (*walk.names, ACT_KINDS[walk.kind].name, "なぜ変えるのか"):
        assert words in page
    assert f"いま {walk.n_confirmers}人 います" in page
    assert not PendingAct.objects.exists()
    assert walk.is_as_before()


@pytest.mark.parametrize("reason", ["", "  ", "はい", "あ" * 301])
def test_without_a_reason_nothing_begins(walk, reason):
    client = walk.sign_in(walk.first)
    answer = propose(client, walk.save(client), reason=reason)
    assert answer.status_code == 422
    assert not PendingAct.objects.exists()
    assert walk.is_as_before()


def test_the_first_person_and_one_of_the_same_role_cannot_confirm_it(proposed):
    for user in (proposed.first, proposed.same_role):
        with pytest.raises(pending_acts.CannotAct):
            pending_acts.confirm(the_act(), by=user)
        client = proposed.sign_in(user)
        client.post(reverse("admin:people_pendingact_confirm", args=[the_act().pk]))
    assert the_act().state == ActState.WAITING
    proposed.work()
    assert not works_when(proposed.kind, ActTiming.AT_ONCE) or proposed.is_done()
    assert works_when(proposed.kind, ActTiming.AT_ONCE) or not proposed.is_done()


def test_what_nobody_confirms_ends_by_itself_and_what_works_already_stays(proposed):
    act, days = the_act(), timedelta(days=6, hours=23)
    with time_machine.travel(act.proposed_at + days, tick=False):
        assert pending_acts.lapse_unconfirmed() == 0
    with time_machine.travel(act.proposed_at + days + timedelta(days=14), tick=False):
        is_kept = works_when(proposed.kind, ActTiming.AT_ONCE)
        assert pending_acts.lapse_unconfirmed() == int(not is_kept)
        proposed.work()
        assert the_act().state == (ActState.WAITING if is_kept else ActState.LAPSED)
        assert is_kept or (proposed.is_as_before() and not proposed.is_done())


def test_the_second_person_finds_it_on_the_first_page_and_confirms_it_there(proposed):
    client = proposed.sign_in(proposed.second)
    assert "<span>確認を待つ変更</span>" in client.get(reverse("admin:index")).content.decode()
    page = client.get(reverse("admin:people_pendingact_change", args=[the_act().pk]))
    assert "二人目として確かめた" in page.content.decode()
    client.post(reverse("admin:people_pendingact_confirm", args=[the_act().pk]))
    act = the_act()
    assert (act.confirmed_by, act.state) == (proposed.second, ActState.AGREED)
    waits = ACT_KINDS[proposed.kind].when == ActTiming.A_DAY_AFTER
    assert act.due_at - act.confirmed_at == timedelta(days=int(waits))
    assert "<span>確認を待つ変更</span>" not in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("who", ["first", "second"])
def test_either_stops_it_and_everything_is_as_before(proposed, who):
    if ACT_KINDS[proposed.kind].undone_by:
        pytest.skip("two people undo it: the test below")
    if works_when(proposed.kind, ActTiming.A_DAY_AFTER):
        pending_acts.confirm(the_act(), by=proposed.second)
        proposed.work()
    client = proposed.sign_in(getattr(proposed, who))
    client.post(reverse("admin:people_pendingact_stop", args=[the_act().pk]))
    proposed.work()
    assert the_act().state == ActState.STOPPED
    assert proposed.is_as_before()
    with time_machine.travel(timezone.now() + DAY * 2, tick=False):
        proposed.work()
        assert proposed.is_as_before()


@pytest.mark.parametrize("who", ["first", "second"])
def test_what_two_people_undo_is_stopped_by_neither_of_them_alone(proposed, who):
    if not ACT_KINDS[proposed.kind].undone_by:
        pytest.skip("either stops it: the test above")
    client = proposed.sign_in(getattr(proposed, who))
    page = client.get(reverse("admin:people_pendingact_change", args=[the_act().pk]))
    assert "この変更を止める" not in page.content.decode()
    client.post(reverse("admin:people_pendingact_stop", args=[the_act().pk]))
    proposed.work()
    assert the_act().state == ActState.WAITING
    assert proposed.is_done()


def test_it_is_carried_out_once_after_its_time_and_not_before(proposed):
    pending_acts.confirm(the_act(), by=proposed.second)
    if works_when(proposed.kind, ActTiming.A_DAY_AFTER):
        proposed.work()
        assert not proposed.is_done()
    with time_machine.travel(timezone.now() + DAY, tick=False):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            proposed.work()
            raise ZeroDivisionError  # the worker is killed before it commits
        assert the_act().state == ActState.AGREED
        proposed.work()
        proposed.work()
        assert proposed.is_done()
        assert the_act().state == ActState.DONE
        with pytest.raises(pending_acts.CannotAct, match="もう行った"):
            pending_acts.stop(the_act(), by=proposed.first)
    for action in (Action.ACT_PROPOSED, Action.ACT_CONFIRMED, Action.ACT_DONE):
        assert AuditEvent.objects.filter(action=action, thing_id=str(the_act().pk)).count() == 1


def test_the_same_act_cannot_wait_twice(proposed):
    if works_when(proposed.kind, ActTiming.AT_ONCE):
        assert proposed.is_done()  # there is nothing left to be hidden
        return
    assert propose(proposed.client, proposed.save(proposed.client)).status_code == 422
    assert PendingAct.objects.count() == 1


def test_whoever_is_not_concerned_finds_no_such_act(proposed):
    outsider = proposed.sign_in(proposed.cast.away_nurse.user)
    for name in ("change", "confirm", "stop"):
        url = reverse(f"admin:people_pendingact_{name}", args=[the_act().pk])
        answer = outsider.get(url) if name == "change" else outsider.post(url)
        assert answer.status_code in (302, 403, 404)
    assert the_act().state == ActState.WAITING


def test_where_nobody_may_confirm_it_waits_and_says_so(walk):
    able = StaffPost.objects.filter(role__in=ACT_KINDS[walk.kind].confirmer_roles).exclude(
        user=walk.first
    )
    able.filter(municipality=walk.cast.city).exclude(user=walk.same_role).update(
        ends_on=yesterday(), begins_on=None
    )
    client = walk.sign_in(walk.first)
    answer = walk.save(client)
    page = client.get(answer.url).content.decode()
    assert "いま、確かめられる人がいません" in page
    role = walk.first.current_posts[0].role
    missing = [
        Role(each).label for each in Role if each in ACT_KINDS[walk.kind].confirmer_roles - {role}
    ]
    assert f"({'・'.join(missing)})。その立場の人が" in page
    assert propose(client, answer).status_code == 302
    page = client.get(reverse("admin:people_pendingact_change", args=[the_act().pk]))
    assert "いま、確かめられる人" in page.content.decode()
    assert the_act().state == ActState.WAITING
