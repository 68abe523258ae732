"""One scenario per rule that requires a second person."""

from apps.audit.models import Action, AuditEvent
from apps.consent.models import Purpose
from apps.disclosure.services import access_log
from apps.people.models import EmergencyAccess, Guardian, PendingAct, Role
from apps.people.services import act_queries, emergencies, pending_acts
from apps.registration.models import GuardianRegistration
from apps.registration.services import confirmation_queue, letters, print_runs, registrations
from apps.signin.services import factor_resets
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories
from tests.people.second_person_account_scenarios import (
    EndingOfOneself,
    FactorOfOneself,
    FirstPinByPrinter,
    LockOfOneself,
)
from tests.people.second_person_content_scenarios import (
    NoticeByWriter,
    PackByMaker,
    PaperByEnterer,
    PlaceByChanger,
    QuestionsByWriter,
    WordsByWriter,
)
from tests.people.second_person_protection_scenarios import ReaderByAsker, YearsByAsker
from tests.people.second_person_scenario import SecondPersonScenario
from tests.vault.sealing_helpers import write


class ArrivalByPrinter(SecondPersonScenario):
    """Who printed a letter does not say that its guardian came."""

    role, refusal = Role.COUNSELLOR, registrations.CannotConfirm
    tells_others = True

    def begin(self):
        cast = self.cast
        self.guardian = Guardian.objects.create(
            municipality=cast.city, source_id="g-2", family_name="加賀", given_name="ひかる"
        )
        factories.guardianship(self.guardian, cast.sakura)
        sheet = print_runs.print_letters(
            [self.guardian], school_class=cast.class_1, by=cast.office.user
        )
        code = print_runs.lines_of_sheet(sheet, by=cast.office.user)[0].code
        self.account = factories.user("hikaru@example.com")
        letters.accept_guardian_letter(code, self.account, tells_others=self.tells_others)
        return cast.office

    def act(self, user):
        arrival = GuardianRegistration.objects.get(guardian=self.guardian)
        registrations.confirm_registration(arrival, by=user, page_token=registrations.page_token_of(arrival, user),
                               kind="meeting")  # fmt: skip

    def is_listed(self, user):
        return bool(confirmation_queue.oldest_waiting_for(user))

    def is_done(self):
        return Guardian.objects.get(pk=self.guardian.pk).user_id == self.account.pk


class ArrivalByFirstConfirmer(ArrivalByPrinter):
    """Where two must say that a guardian came, they are two people."""

    tells_others = False

    def begin(self):
        super().begin()
        self.act(self.cast.nurse.user)
        return self.cast.nurse


class ArrivalOfOneself(ArrivalByPrinter):
    """Who registers as a guardian and works at the school does not confirm themselves."""

    def begin(self):
        super().begin()
        post = factories.staff_post(Role.TEACHER, self.cast.school, name="ひかる")
        GuardianRegistration.objects.update(user=post.user)
        self.account = post.user
        return post


class EmergencyByOpener(SecondPersonScenario):
    """Who used emergency access does not review it."""

    refusal = emergencies.CannotOpenInEmergency

    def begin(self):
        self.access = emergencies.begin_emergency(
            self.cast.homeroom.user, self.cast.ren, why="担任が不在で、けがの連絡があったため"
        )
        return self.cast.homeroom

    def act(self, user):
        emergencies.review_emergency(self.access, by=user, verdict="justified", note="")

    def is_listed(self, user):
        return emergencies.emergencies_to_review(user).exists()

    def is_done(self):
        return EmergencyAccess.objects.get().reviewed_at is not None


class ReviewOfOwnAccess(SecondPersonScenario):
    """Who looked does not decide that the look stays hidden."""

    refusal = access_log.CannotDecideEntry

    def begin(self):
        factories.make_effective(self.cast.sakura, Purpose.ATTENDANCE)
        row = write(self.cast.sakura, Purpose.ATTENDANCE, {"code": "LATE"})
        open_sealed([row], actor=self.cast.counsellor.user, reason=OpeningReason.SAFETY)
        self.event = AuditEvent.objects.get(action=Action.SEALED_OPENED)
        return self.cast.counsellor

    def act(self, user):
        access_log.decide_hidden_entry(self.event.pk, by=user, is_hidden=True, note="協議中")

    def is_listed(self, user):
        return access_log.entries_awaiting_decision(user).exists()

    def is_done(self):
        return AuditEvent.objects.filter(action=Action.LOOK_DECIDED).exists()


class ActByProposer(SecondPersonScenario):
    """Who began an act does not confirm it."""

    role, at_school, refusal = Role.PRIVACY, False, pending_acts.CannotAct

    def begin(self):
        account = self.cast.homeroom.user
        by = self.cast.helpdesk.user
        factor_resets.propose_reset(account, by=by, reason="電話をなくしたため")
        return self.cast.helpdesk

    def act(self, user):
        pending_acts.confirm(PendingAct.objects.get(), by=user)

    def is_listed(self, user):
        return bool(act_queries.acts_waiting_for(user))

    def is_done(self):
        return PendingAct.objects.get().confirmed_at is not None


class ActAboutOneself(ActByProposer):
    """Whose account an act is about does not confirm it."""

    def begin(self):
        super().begin()
        return self.cast.homeroom


RULES = [
    ArrivalByPrinter, ArrivalByFirstConfirmer, ArrivalOfOneself, EmergencyByOpener, ReviewOfOwnAccess,
    LockOfOneself, EndingOfOneself, FactorOfOneself, ActByProposer, ActAboutOneself,
    PaperByEnterer, WordsByWriter, QuestionsByWriter, NoticeByWriter, PlaceByChanger,
    FirstPinByPrinter, PackByMaker, ReaderByAsker, YearsByAsker,
]  # fmt: skip
