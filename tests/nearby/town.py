"""A town in which a child, her classmate and the adults near her live an ordinary week."""

import uuid
from datetime import time, timedelta

from apps.cases.services.shipped_rules import seed_rules
from apps.checkins.services import question_sets, submissions
from apps.checkins.services.withheld_words import NOBODY
from apps.consent.services import documents
from apps.consent.services.decisions import decide
from apps.core.clock import today
from apps.core.storage_aliases import SOURCES
from apps.helpline.models import ProtectionRoute
from apps.helpline.services import duty_rosters, routes
from apps.linkage.models import DataSource, SourceKind
from apps.notices.models import Notice, PublishState, SupportOrganisation
from apps.notices.services import drafts, publication
from apps.people.models import Guardian, Role, StaffPost
from apps.people.services import pending_acts
from tests import factories
from tests.consent.standing_helpers import keep_out
from tests.push.browser_keys import device
from tests.storage_folders import use_folder

GUARDIANS_YES = (
    "checkin_review", "attendance", "nurse_room", "grades", "mood_weather", "study_log",
)  # fmt: skip
BOTH_YES = GUARDIANS_YES[:3]
ORDINARY = {"mood": 3, "body": 2, "sleep": 2, "talk": 0}


def build(cast, folder, settings):
    """The cast with everybody near さくら, a route past the school, and a week of answers."""
    use_folder(settings, SOURCES, folder)
    documents.install_seed_documents(cast.city)
    question_sets.seed_questions()
    SupportOrganisation.objects.create(
        municipality=cast.city, name="市の相談室", phone="0761-00-0000", state=PublishState.PUBLISHED,
        verified_on=today(), source_url="https://example.com/",
    )  # fmt: skip
    seed_rules(cast.city)
    _staff(cast)
    _family(cast)
    StaffPost.objects.update(begins_on=None)
    _help(cast)
    for person in (cast.midori, cast.hikaru, cast.hajime):
        say(cast.sakura, person.user, GUARDIANS_YES)
    say(cast.sakura, cast.sakura.user, BOTH_YES)
    for days_ago in range(5, 0, -1):
        check_in(cast.sakura, today() - timedelta(days=days_ago))
    cast.source = DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES,
        title="出欠と保健室", place="towa",
    )  # fmt: skip
    cast.files = folder / cast.city.code / "towa"
    cast.files.mkdir(parents=True)
    _notice(cast)
    act = keep_out(cast.hajime, cast.sakura, cast.principal)
    pending_acts.confirm(act, by=cast.officer.user)
    for user in people(cast).values():
        device(user)
    return cast


def people(cast):
    """{who: account} of everybody with an account in the town."""
    found = {name: person.user for name, person in vars(cast).items() if hasattr(person, "user")}
    parent = Guardian.objects.get(master_id=cast.parent.master_id)
    return found | {"parent_at_home": parent.user}


def say(student, user, purposes, response="given"):
    """One answer of the student or a guardian to each of these purposes."""
    answers = dict.fromkeys(purposes, response)
    return decide(student=student, actor=user, answers=answers, form_key=uuid.uuid4())


def check_in(student, on, *, keeps_out=NOBODY, **answers):
    """One day's answers: the ordinary ones, and others in their place."""
    return submissions.submit(
        student=student, question_set=question_sets.current_question_set("daily"),
        answers={**ORDINARY, **answers}, client_key=uuid.uuid4(), answered_on=on,
        keeps_out=keeps_out,
    )  # fmt: skip


def _staff(cast):
    cast.other_school = factories.school(cast.city, "C117220600099", "もうひとつの中学校(架空)")
    posts = {
        "named": factories.new_post(Role.TEACHER, cast.school, name="山田 一郎"),
        "other_homeroom": factories.new_post(
            Role.HOMEROOM, cast.school, in_class=cast.class_2, name="となりの担任"
        ),
        "clerk": factories.new_post(Role.SOCIAL_WORKER, cast.school, name="ソーシャルワーカー"),
        "parent": factories.new_post(Role.NURSE, cast.school, name="もう一人の養護教諭"),
        "protector": factories.new_post(Role.FAMILY_CENTRE, of=cast.city, name="子どもを守る担当"),
        "elsewhere": factories.new_post(Role.COUNSELLOR, cast.other_school, name="ほかの学校の人"),
        "privacy": factories.new_post(Role.PRIVACY, of=cast.city, name="個人情報の担当"),
    }
    factories.save_posts(posts.values())
    vars(cast).update(posts)


def _family(cast):
    """みどり decides, ひかる is informed, こうた is kept out later, and a nurse is a parent too."""
    cast.hana = factories.student(cast.class_1, "はな", number=2, local_code="1002")
    cast.hikaru = factories.guardian(cast.sakura, "ひかる", "hikaru@example.com")
    cast.hajime = factories.guardian(cast.sakura, "こうた", "kota@example.com")
    cast.sibling = factories.student(cast.class_2, "すみれ", number=3, local_code="2003")
    factories.guardianship(cast.hajime, cast.sibling)
    factories.make_parent(cast.parent, cast.sakura, standing="informed")


def _help(cast):
    """A duty roster whose last responder is a social worker, and a route past the school."""
    cast.duty = factories.duty_roster(cast, hours=(time.min, time.max), weekdays=range(7))
    cast.duty.last = cast.clerk.user
    cast.duty.save()
    duty_rosters.record_approval(
        cast.duty, by=cast.principal.user, name="相談の先生", role="counsellor", approved_on=today()
    )
    version = ProtectionRoute(
        municipality=cast.city, first=cast.protector.user, second=cast.elsewhere.user,
        last=cast.officer.user, why="first",
    )  # fmt: skip
    routes.confirm_route(routes.propose_route(version, by=cast.officer.user), by=cast.privacy.user)


def _notice(cast):
    notice = Notice.objects.create(
        municipality=cast.city, written_by=cast.officer.user,
        title="｜話《はな》せる ｜場所《ばしょ》が あります。", body="｜電話《でんわ》も できます。",
    )  # fmt: skip
    drafts.submit_draft(notice, by=cast.officer.user)
    publication.publish_notice(notice, by=cast.principal.user)
