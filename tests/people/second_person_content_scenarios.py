"""Papers, documents, questions, notices and places: each needs a second person."""

import uuid

from django.utils import timezone

from apps.cases.models import HandOver, SupportCase
from apps.cases.services import casework, hand_overs
from apps.cases.services.case_writing import CannotChangeCase
from apps.checkins.models import QuestionSet
from apps.checkins.services import question_drafts
from apps.checkins.services.question_sets import seed_questions
from apps.consent.models import Purpose, Response
from apps.consent.services import documents, paper_forms
from apps.core.clock import today
from apps.notices.models import Notice, NoticeState, SupportOrganisation
from apps.notices.services import drafts, organisations, publication, publication_rules
from apps.people.models import PendingAct, Role
from tests import factories
from tests.people.second_person_scenario import SecondPersonScenario


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


class PackByMaker(SecondPersonScenario):
    """Who made a hand-over pack is not the second to confirm it."""

    role, refusal = Role.COUNSELLOR, CannotChangeCase

    def begin(self):
        cast, by = self.cast, self.cast.nurse.user
        case = SupportCase.objects.create(
            municipality=cast.city, school=cast.school, student=cast.sakura
        )
        casework.open_case(case, actor=by, reason="meeting")
        self.pack = hand_overs.add_hand_over(
            case, actor=by, recipient="council", to="要対協(架空)", parts=["plans"],
            is_urgent=False, words="会議のため", form_key=uuid.uuid4(),
        )  # fmt: skip
        return cast.nurse

    def act(self, user):
        hand_overs.confirm_hand_over(self.pack, actor=user)

    def is_listed(self, user):
        return hand_overs.may_confirm(HandOver.objects.get(pk=self.pack.pk), user)

    def is_done(self):
        return HandOver.objects.get(pk=self.pack.pk).confirmed_by_id is not None


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
