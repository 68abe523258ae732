"""Three days after the town was built: what happens in every family, and what happened in one."""

import uuid
from datetime import timedelta

from apps.cases.models import SupportCase
from apps.cases.services import (
    casework,
    conversations,
    hand_overs,
    kept_evidence,
    plans,
    protective_cases,
    protective_readers,
    referrals,
    schemes,
    student_pictures,
)
from apps.cases.services.signs import update_signs
from apps.checkins.models import CheckIn
from apps.checkins.services import staff_words
from apps.checkins.services.withheld_words import KeepsOut
from apps.consent.services.decisions import withdraw
from apps.consent.services.scheduled_work import reconcile_all
from apps.core.clock import today
from apps.helpline.services import (
    call_mails,
    escalation,
    family_requests,
    help_requests,
    replies,
)
from apps.linkage.services.sync_runs import sync_source
from apps.notices.models import SupportOrganisation
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from kaga_portal.celery import app
from kaga_portal.schedule import CRONTABS, HEARTBEAT_TASKS, INTERVALS_S
from tests.nearby.town import check_in, say

HELP = (
    "guardian_asked", "staff_word", "answered", "about_an_adult", "not_to_the_named", "hidden",
    "of_a_friend", "protective_case",
)  # fmt: skip
HOME = (
    "low_answers", "words_kept_from_homeroom", "nurse_room", "case", "answers_to_consent",
)  # fmt: skip
EVERYTHING = frozenset({*HELP, *HOME})
AT_HOME = frozenset(HOME)  # with signs, and a case made of them
WEEK, MONTH = "2026-12-07T09:30+09:00", "2026-12-28T09:30+09:00"
MONDAY = "2026-11-30T05:00+09:00"  # after the weekly list
# Tasks of the schedule that talk to other servers, or write outside the database.
OUTSIDE = (
    "ledger.make_checkpoint", "ledger.give_checkpoint", "consent.verify_ledger",
    "push.deliver_due", "mail.send_due", "linkage.sync_all", "selfinfo.advance_sessions", "registration.make_letter_files",
)  # fmt: skip
SECRET = "だれにも いわないで"


def live(town, clock, happened=frozenset()):
    """Let three days pass. ``happened``: names of EVERYTHING that happened in さくら's family."""
    for day in range(3):
        _check_in(town, happened)
        clock.shift(timedelta(minutes=10))
        if day == 0:
            _ask(town, clock, happened)
        if day == 1:
            _answer_to_consent(town, happened)
            _guardian_asks(town, happened)
            _files(town, happened)
        clock.shift(timedelta(minutes=10))
        _by_the_clock()
        clock.shift(timedelta(hours=4))
        _by_the_clock()
        if day < 2:
            clock.shift(timedelta(hours=19, minutes=40))
    _words_of_staff(town, happened)
    _looks(town, clock, happened)
    _by_the_clock()


def later(clock, moment):
    """Let the clock come to a later moment: everything on the schedule runs once."""
    clock.move_to(moment)
    app.loader.import_default_modules()
    for name in (*INTERVALS_S, *CRONTABS):
        if name not in OUTSIDE:
            more = {"every_s": INTERVALS_S[name]} if name in HEARTBEAT_TASKS else {}
            app.tasks[name](**more)


def _by_the_clock():
    """What the workers do by themselves."""
    escalation.escalate_due()
    call_mails.send_call_mails()
    update_signs()
    reconcile_all()


def _check_in(town, happened):
    answers = {"mood": 0, "talk": 3, "words": SECRET} if "low_answers" in happened else {}
    if "words_kept_from_homeroom" in happened:
        answers |= {"words": SECRET, "keeps_out": KeepsOut(True, "担任の先生")}
    check_in(town.sakura, today(), **answers)


def _ask(town, clock, happened):
    def send(**more):
        return help_requests.send_help_request(
            student=town.sakura, form_key=uuid.uuid4(), words=SECRET, **more
        )

    def answer(request, by):
        replies.open_request(request, actor=by.user, reason=OpeningReason.STUDENT_ASKED)
        replies.send_reply(request, actor=by.user, words="きいたよ", form_key=uuid.uuid4())

    if "answered" in happened:
        request = send(wanted="counsellor", topic="friends")
        escalation.escalate_due()
        answer(request, town.counsellor)
    if "about_an_adult" in happened:
        request = send(wanted="nurse", topic="adult")
        escalation.escalate_due()
        answer(request, town.protector)
    if "not_to_the_named" in happened:
        send(wanted="counsellor", keeps_out=True, kept_words="山田先生")
    if "of_a_friend" in happened:
        send(wanted="counsellor", friend_name="はな", topic="friends")
    if "hidden" in happened:
        help_requests.set_hidden(send(wanted="counsellor"), is_hidden=True)


def _guardian_asks(town, happened):
    """みどり asks the counsellor, who reads it and speaks with her."""
    if "guardian_asked" not in happened:
        return
    row = family_requests.send_family_request(
        town.sakura, actor=town.midori.user, recipient="counsellor", way="phone",
        contact="0761-00-0000", words=SECRET, form_key=uuid.uuid4(),
    )  # fmt: skip
    family_requests.open_family_request(
        row, actor=town.counsellor.user, reason=OpeningReason.GUARDIAN_ASKED
    )
    family_requests.note_contact(row, actor=town.counsellor.user)


def _answer_to_consent(town, happened):
    if "answers_to_consent" not in happened:
        return
    child = town.sakura
    say(child, child.user, ["grades"], "refused")
    say(child, child.user, ["mood_weather"], "unsure")
    say(child, child.user, ["study_log"])
    reconcile_all()
    withdraw(student=child, actor=child.user, purpose="study_log", form_key=uuid.uuid4())


def _files(town, happened):
    """The school's files of the day; one visit to the nurse was to talk."""
    lines = [f"1001,{today()},午前,内科"]
    lines += [f"1001,{today()},午後,相談"] if "nurse_room" in happened else []
    text = "\r\n".join(["管理コード,来室日,時間帯,区分", *lines, ""])
    (town.files / "nurse_visit.csv").write_bytes(text.encode("utf-8-sig"))
    text = "\r\n".join(["管理コード,日付,出欠区分", f"1001,{today()},病欠", ""])
    (town.files / "attendance_daily.csv").write_bytes(text.encode("utf-8-sig"))
    sync_source(town.source)


def _protect(town):
    """A protective case of a counsellor, read and confirmed by the route, with what was kept."""
    case = protective_cases.open_protective_case(
        town.sakura, actor=town.counsellor.user, topic="adult", readers=[town.protector],
        named="山田先生", words=SECRET, form_key=uuid.uuid4(),
    )  # fmt: skip
    for row in case.readers.undecided():
        protective_readers.decide_change(row, by=town.elsewhere.user, agrees=True)
    for sign in kept_evidence.signs_for(case, town.counsellor.user):
        kept_evidence.keep_evidence(case, sign.pk, actor=town.counsellor.user, reason="pressure")
    rows = list(case.notes.select_related("student"))
    open_sealed(rows, actor=town.protector.user, reason=OpeningReason.SAFETY)


def _words_of_staff(town, happened):
    """The counsellor writes a word on a check-in, and the child reads it."""
    if "staff_word" not in happened:
        return
    row = CheckIn.objects.filter(student=town.sakura).order_by("-received_at").first()
    staff_words.send_word(row, actor=town.counsellor.user, words=SECRET, form_key=uuid.uuid4())
    staff_words.read_words(town.sakura)


def _looks(town, clock, happened):
    """A planned look in every family; where a case was opened, it was worked on."""
    rows = list(CheckIn.objects.filter(student=town.sakura).select_related("student"))
    open_sealed(rows, actor=town.homeroom.user, reason=OpeningReason.MEETING)
    if "protective_case" in happened:
        _protect(town)
    clock.shift(timedelta(seconds=2))
    if "case" not in happened:
        return
    case = SupportCase.objects.get(student=town.sakura)
    by = town.counsellor.user
    for reason in (OpeningReason.SIGN, OpeningReason.MEETING):
        casework.open_case(case, actor=by, reason=reason)
    for judgement in ("watch", "support"):
        clock.shift(timedelta(seconds=1 if judgement == "support" else -1))
        casework.add_decision(
            case, actor=by, judgement=judgement, words="きいた", form_key=uuid.uuid4()
        )
    conversations.add_conversation(
        case, actor=by, partner="student", spoken_on=today(), topics={"home": "confirmed"},
        wants=SECRET, kept_from=["homeroom"], form_key=uuid.uuid4(),
    )  # fmt: skip
    plans.add_plan(
        case,
        actor=by,
        words="話す",
        agreed_with="child",
        review_on=today() + timedelta(days=7),
        form_key=uuid.uuid4(),
    )
    _show_and_pass_on(case, by)
    open_sealed(rows, actor=by, reason=OpeningReason.CONFERENCE)


def _show_and_pass_on(case, by):
    """The page of the case for planned work, a referral that is answered, a pack in danger."""
    planned = OpeningReason.MEETING
    student_pictures.pictures_of(case, actor=by, reason=planned)
    schemes.offers_for(case, actor=by, reason=planned)
    referral = referrals.add_referral(
        case, actor=by, organisation=SupportOrganisation.objects.get(), words=SECRET,
        agreed_by="child", parts=[], form_key=uuid.uuid4(),
    )  # fmt: skip
    referrals.answer_by_link(referrals.renew_link(referral, actor=by), "accepted")
    pack = hand_overs.add_hand_over(
        case, actor=by, recipient="guidance_centre", to="児童相談所", parts=["evidence", "plans"],
        is_urgent=True, words=SECRET, form_key=uuid.uuid4(),
    )  # fmt: skip
    hand_overs.open_pack(pack, actor=by, reason=planned)
