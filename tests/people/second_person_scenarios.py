"""One scenario per rule that requires a second person."""

from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.checkins.models import QuestionSet
from apps.checkins.services import question_drafts
from apps.checkins.services.question_sets import seed_questions
from apps.consent.models import Purpose, Response
from apps.consent.services import documents, paper_forms
from apps.core.clock import today
from apps.disclosure.services import access_log
from apps.notices.models import Notice, NoticeState, SupportOrganisation
from apps.notices.services import drafts, organisations, publication, publication_rules
from apps.people.models import EmergencyAccess, Guardian, PendingAct, Role, User
from apps.people.services import act_queries, emergencies, pending_acts
from apps.registration.models import GuardianRegistration
from apps.registration.services import confirmation_queue, letters, print_runs, registrations
from apps.signin.services import account_locks, cards, factor_resets, first_pins, session_endings
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories
from tests.vault.sealing_helpers import write


def again(post):
    """The account of this post as read by its next request: nothing cached."""
    return User.objects.get(pk=post.user_id)


class SecondPersonScenario:
    """One rule. ``role`` and ``at_school`` say from which post the second person acts.

    ``begin`` returns the StaffPost of the first person; ``act`` raises ``refusal`` where refused.
    """

    role, at_school, refusal = Role.PRINCIPAL, True, Exception

    def __init__(self, cast):
        self.cast = cast

    def begin(self):
        raise NotImplementedError

    def act(self, user):
        raise NotImplementedError

    def is_listed(self, user):
        """Whether a page asks this person for their word; None where none lists it."""
        return None

    def is_done(self):
        raise NotImplementedError

    def someone_else(self):
        """A post of somebody who may be the second person."""
        return factories.staff_post(self.role, self.cast.school if self.at_school else None,
                              of=self.cast.city, name="ほかの人")  # fmt: skip

    def twin_of(self, first):
        """A post of the first person's other account, in the second person's role."""
        return factories.second_account(first, self.role,
                                        at=self.cast.school if self.at_school else None)  # fmt: skip


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


class LockOfOneself(SecondPersonScenario):
    """Nobody locks an account of their own."""

    role, at_school, refusal = Role.CITY, False, pending_acts.CannotAct

    def begin(self):
        return self.cast.homeroom

    def act(self, user):
        account = User.objects.get(pk=self.cast.homeroom.user_id)
        account_locks.lock_account(account, by=user, reason="なくした端末のため")

    def is_listed(self, user):
        return (
            account_locks.accounts_lockable_by(user).filter(pk=self.cast.homeroom.user_id).exists()
        )

    def is_done(self):
        return not User.objects.get(pk=self.cast.homeroom.user_id).is_active


class EndingOfOneself(LockOfOneself):
    """Nobody ends the sign-ins of an account of their own as somebody else's."""

    role, refusal = Role.HELPDESK, LookupError

    def act(self, user):
        person = session_endings.person_endable_by(user, self.cast.homeroom.user_id)
        if person is None:
            raise LookupError
        session_endings.end_sessions_of(person, by=user, reason="asked")

    def is_listed(self, user):
        found = session_endings.posts_endable_by(user)
        return found.filter(user=self.cast.homeroom.user_id).exists()

    def is_done(self):
        return AuditEvent.objects.filter(action=Action.SESSIONS_ENDED).exists()


class FactorOfOneself(LockOfOneself):
    """Nobody begins to take the second factor off an account of their own."""

    role = Role.HELPDESK

    def act(self, user):
        account = User.objects.get(pk=self.cast.homeroom.user_id)
        factor_resets.propose_reset(account, by=user, reason="電話をなくしたため")

    def is_listed(self, user):
        found = factor_resets.accounts_resettable_by(user)
        return found.filter(pk=self.cast.homeroom.user_id).exists()

    def is_done(self):
        return PendingAct.objects.exists()


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


class PaperByEnterer(SecondPersonScenario):
    """Who entered a paper does not confirm it."""

    refusal = paper_forms.CannotEnterAnswers

    def begin(self):
        documents.install_seed_documents(self.cast.city)
        by = self.cast.homeroom.user
        (self.paper,) = paper_forms.issue_paper_forms([self.cast.sakura], by=by)
        answers = {Purpose.ATTENDANCE: Response.GIVEN}
        paper_forms.enter_paper_form(self.paper, answers=answers, signed_on=today(), by=by)
        return self.cast.homeroom

    def act(self, user):
        paper_forms.confirm_paper_form(self.paper, by=user)

    def is_done(self):
        self.paper.refresh_from_db()
        return self.paper.receipt_id is not None


class WordsByWriter(SecondPersonScenario):
    """Who wrote the words of a purpose is not their second reader."""

    role, at_school, refusal = Role.PRIVACY, False, documents.CannotPublishDocument

    def begin(self):
        factories.policy(self.cast.city)
        now = factories.document(self.cast.city)
        self.draft = documents.draft_next_version(now, by=self.cast.officer.user)
        return self.cast.officer

    def act(self, user):
        documents.review_document(self.draft, by=user)

    def is_done(self):
        self.draft.refresh_from_db()
        return self.draft.reviewed_by_id is not None


class QuestionsByWriter(SecondPersonScenario):
    """Who wrote questions does not check them."""

    role, at_school, refusal = Role.CITY, False, question_drafts.CannotPublishQuestions

    def begin(self):
        seed_questions()
        shipped = QuestionSet.objects.get(municipality=None, code="daily")
        by = self.cast.officer.user
        self.draft = question_drafts.draft_next_version(shipped, municipality=self.cast.city, by=by)
        return self.cast.officer

    def act(self, user):
        question_drafts.check_draft(
            self.draft, by=user, seen=question_drafts.question_set_digest(self.draft)
        )

    def is_listed(self, user):
        listed = question_drafts.drafts_to_check(user).exists()
        named = user.pk in {post.user_id for post in question_drafts.possible_checkers(self.draft)}
        assert listed == named == question_drafts.may_check_draft(user, self.draft)
        return listed

    def is_done(self):
        self.draft.refresh_from_db()
        return self.draft.checked_by_id is not None


class NoticeByWriter(SecondPersonScenario):
    """Who wrote a notice does not publish it."""

    role, at_school, refusal = Role.CITY, False, publication_rules.PublicationRefused

    def begin(self):
        self.notice = Notice.objects.create(
            municipality=self.cast.city, title="お知らせ", body="みんなへ",
            written_by=self.cast.officer.user,
        )  # fmt: skip
        drafts.submit_draft(self.notice, by=self.cast.officer.user)
        return self.cast.officer

    def act(self, user):
        publication.publish_notice(self.notice, by=user)

    def is_listed(self, user):
        return publication_rules.notices_awaiting_check(user).exists()

    def is_done(self):
        return Notice.objects.get(pk=self.notice.pk).state == NoticeState.PUBLISHED


class PlaceByChanger(SecondPersonScenario):
    """Who changed a place that was public does not publish it again."""

    role, at_school, refusal = Role.CITY, False, publication_rules.PublicationRefused

    def begin(self):
        self.place = SupportOrganisation.objects.create(
            municipality=self.cast.city, name="ここらぼ", phone="0761-00-0000", state="withdrawn",
            changed_by=[self.cast.officer.user_id],
        )  # fmt: skip
        PendingAct.objects.create(
            kind="organisation.hide", thing_id=str(self.place.pk), title="x", reason="まちがい",
            municipality=self.cast.city, proposed_by=self.cast.officer.user, proposed_role="city",
            preview={}, done_at=timezone.now(),
        )  # fmt: skip
        organisations.verify_organisation(
            self.place, by=self.cast.officer.user, source_url="https://example.com/"
        )
        return self.cast.officer

    def act(self, user):
        organisations.publish_organisation(self.place, by=user)

    def is_done(self):
        return SupportOrganisation.objects.get(pk=self.place.pk).state == "published"


class FirstPinByPrinter(SecondPersonScenario):
    """Who printed a student's card does not say that the student chose the PIN."""

    role, refusal = Role.COUNSELLOR, AssertionError

    def begin(self):
        cast = self.cast
        ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
        cards.set_first_pin(code, "7305")
        return cast.homeroom

    def act(self, user):
        (waiting,) = first_pins.first_pins_of(user, self.cast.class_1)
        assert first_pins.confirm_first_pins([waiting.tick], by=user).done

    def is_listed(self, user):
        return any(not each.why_not for each in first_pins.first_pins_of(user, self.cast.class_1))

    def is_done(self):
        self.cast.sakura.refresh_from_db()
        return self.cast.sakura.pin_reset_confirmed_at is not None


RULES = [
    ArrivalByPrinter, ArrivalByFirstConfirmer, ArrivalOfOneself, EmergencyByOpener, ReviewOfOwnAccess,
    LockOfOneself, EndingOfOneself, FactorOfOneself, ActByProposer, ActAboutOneself,
    PaperByEnterer, WordsByWriter, QuestionsByWriter, NoticeByWriter, PlaceByChanger,
    FirstPinByPrinter,
]  # fmt: skip
