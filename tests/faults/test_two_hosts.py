"""Two hosts share a database, a broker and buckets, and no folder: whatever is killed, nothing is
lost or doubled.

As root each host has a network of its own and does not see the other's folders. Without the S3
server the files' part is left out (a folder is for one host).
"""

import itertools
import random
import threading
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import time as clock_time
from datetime import timedelta
from types import SimpleNamespace

import pytest
import requests
from django.conf import settings as of_django
from django.core.files.storage import storages
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.checkins.models import CheckIn
from apps.checkins.services.question_sets import seed_questions
from apps.consent.models import Purpose
from apps.consent.services.ledger_verification import verify_ledger
from apps.core.storage_aliases import LEDGER, SOURCES, UPLOADS
from apps.helpline.models import Call, CallMailState, EscalationStep, EscalationStepState
from apps.ledger.models import Checkpoint
from apps.linkage.models import DataSource, LinkedRecord, SourceKind
from apps.notices.models import Notice
from apps.notices.services import drafts
from apps.push.models import (
    Broadcast,
    BroadcastChunk,
    DeliveryState,
    PushDelivery,
    QuietHours,
)
from apps.push.services import broadcasts
from kaga_portal.embedded_roles import APP_ROLE
from tests import factories
from tests.faults import final_counts
from tests.faults import simulated_users as does
from tests.faults.conftest import until
from tests.faults.outer_servers import OuterServers
from tests.faults.response_counts import Tally
from tests.faults.two_hosts import KINDS, Host, PersonOfBoth
from tests.faults.two_networks import Networks, Relay
from tests.peers.s3_server import KEY_ID, SECRET, S3Server
from tests.storage_folders import use_url
from tests.vault import share_databases
from tests.vault.conftest import share_database, share_database_url  # noqa: F401 - fixtures

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
TASKS = (
    "helpline.deliver_mail", "helpline.escalate", "mail.send_due", "notices.publish_due",
    "push.deliver_due",
)  # fmt: skip
TASKS_WITH_FILES = ("ledger.chain_rows", "ledger.make_checkpoint", "linkage.sync_all")
PLACES = {SOURCES: "SOURCE_URL", UPLOADS: "UPLOAD_URL", LEDGER: "LEDGER_URL"}
HOUR_COMES_S, PAUSE_S = 12, 0.3
LEASES_S = 15  # the work of a living worker is over by then; what is leased was a killed one's
N_STUDENTS, N_DAYS = 4, 5
REVIEW = Purpose.CHECKIN_REVIEW


@pytest.fixture
def networks():
    with Networks() as made:
        yield made


@pytest.fixture
def relay(networks):
    with Relay(networks.address) as running:
        yield running


@pytest.fixture
def bucket(relay, settings, monkeypatch, tmp_path):
    """The URLs of the places for files in a real S3 server, {} where it is not to be had."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with ExitStack() as stack:
        try:
            server = stack.enter_context(S3Server(tmp_path / "buckets"))
        except pytest.skip.Exception as reason:
            print(f"without files: {reason}")
            yield {}
            return
        for alias in PLACES:
            use_url(settings, alias, server.url(alias))
        server.endpoint = f"http://{relay.address}:{relay.port_of(('127.0.0.1', server.port))}"
        keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
        yield keys | {name: server.url(alias) for alias, name in PLACES.items()}


@pytest.fixture
def push(networks, settings):
    servers = OuterServers(random.Random(1), networks.address)
    servers.start()
    settings.PUSH_SANDBOX_ORIGIN = servers.push_origin
    return servers


@pytest.fixture
def hosts(
    transactional_db,
    networks,
    relay,
    broker,
    mailbox,
    push,
    bucket,
    tmp_path,
    share_database,  # noqa: F811
):
    """Both hosts, installed; everything of theirs is killed at the end."""
    folders = [tmp_path / "host-a", tmp_path / "host-b"]
    here = of_django.BASE_DIR / "var"
    both = [
        Host(number, folder, networks, [folders[1 - number], here])
        for number, folder in enumerate(folders)
    ]
    facts = connection.settings_dict
    database = relay.port_of(f"{facts['HOST']}/.s.PGSQL.{facts['PORT'] or 5432}")
    to = f"{relay.address}:{database}"
    environment = {
        "DATABASE_URL": f"postgres://{APP_ROLE}@{to}/{facts['NAME']}",
        "KEY_SHARES_URL": f"postgres://{facts['USER']}@{to}/{share_databases.NAME}",
        "REDIS_URL": f"redis://{relay.address}:{relay.port_of(str(broker.socket))}/0",
        "EMAIL_URL": f"smtp://{relay.address}:{relay.port_of(mailbox.server_address)}",
        "PUSH_SANDBOX_ORIGIN": push.push_origin,
        "TASKS": ",".join([*TASKS, *(TASKS_WITH_FILES if bucket else ())]),
        **bucket,
    }
    folders[1].mkdir()  # hidden from the first
    try:
        for host in both:
            host.install(environment)
        yield both
    finally:
        for host, kind in itertools.product(both, KINDS):
            host.kill(kind)


@pytest.fixture
def town(hosts, cast, sign_in, push, bucket):
    """Students who check in, have a device and may ask to talk at any hour."""
    t = SimpleNamespace(cast=cast, tally=Tally())

    def person(user, row=None, at=hosts):
        return PersonOfBoth(at, t.tally, sign_in(user), row)

    def with_both(user, row=None):
        client = sign_in(user)
        return [PersonOfBoth([host], t.tally, client, row) for host in hosts]

    seed_questions()
    factories.duty_roster(cast, hours=(clock_time.min, clock_time.max), weekdays=range(7))
    QuietHours.objects.create(municipality=cast.city, begins=clock_time(), ends=clock_time())
    others = [
        factories.student(cast.class_1, f"生徒{n}", number=n, local_code=f"10{n}")
        for n in range(2, N_STUDENTS + 1)
    ]
    for student in (cast.sakura, *others):
        factories.make_effective(student, REVIEW)
        _device(student.user, push)
    t.students = [person(each.user, each) for each in others]
    t.sakura_at_a, t.sakura_at_b = with_both(cast.sakura.user, cast.sakura)
    t.guardian = person(cast.midori.user, cast.midori, hosts[:1])
    t.seconds = with_both(cast.principal.user)
    t.n_rows = _file(cast, others) if bucket else 0
    return t


def _device(user, push):
    url = f"{push.push_origin}/subscriptions"
    device = requests.post(url, timeout=10).json()
    keys = device["keys"]
    broadcasts.subscribe(user, device["endpoint"], keys["p256dh"], keys["auth"])


def _file(cast, students):
    """A file of attendance in the bucket that both hosts read; how many rows."""
    DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES, title="出欠",
        place="towa",
    )  # fmt: skip
    lines = ["管理コード,日付,出欠区分,備考"]
    for student in students:
        factories.make_effective(student, Purpose.ATTENDANCE)
        days = [timezone.localdate() - timedelta(days=n) for n in range(1, N_DAYS + 1)]
        lines += [f"{student.local_code},{day},病欠," for day in days]
    place = storages[SOURCES]
    path = place._normalize_name(f"{cast.city.code}/towa/attendance_daily.csv")
    place.bucket.Object(path).put(Body="\r\n".join([*lines, ""]).encode())
    return len(lines) - 1


def test_whatever_is_killed_on_one_of_two_hosts_nothing_is_lost_or_doubled(
    hosts, town, push, mailbox, bucket
):
    for host, kind in itertools.product(hosts, KINDS):
        host.start(kind)
    for host, kind in itertools.product(hosts, KINDS):
        host.wait_for(kind)
    asking = itertools.cycle(town.students)
    with _checking_in(town):
        _publish_at_both(town)
        for kind, host in itertools.product(KINDS, hosts):
            host.kill(kind)
            does.ask_to_talk(next(asking), f"{kind} of {host.folder.name}")
            host.start(kind)
            host.wait_for(kind)
        _withdraw_here_and_look_there(town)
    _wait_until_all_is_done(town, bucket)
    _nobody_was_refused(town.tally)
    assert town.tally.lines_cut  # somebody met a host that was down, and was served by the other
    _check_ins_and_requests(town, mailbox)
    _notice(town, push)
    assert verify_ledger().findings == []
    if bucket:
        assert LinkedRecord.objects.count() == town.n_rows
        numbers = list(Checkpoint.objects.order_by("pk").values_list("pk", flat=True))
        assert len(storages[LEDGER].listdir("checkpoints/00000")[1]) == len(numbers) > 0


def _nobody_was_refused(tally):
    found = [tally.errors, tally.refused, tally.unanswered, tally.own_failures]
    assert [counter for counter in found if counter] == []


@contextmanager
def _checking_in(town):
    """All the while one student after the other checks in, with each host in turn."""
    over, rng = threading.Event(), random.Random(1)

    def go_on():
        for person in itertools.cycle(town.students):
            if over.is_set():
                return
            mood = str(rng.randrange(1, 5))
            does.check_in(person, {"mood": mood, "body": "1", "talk": "0"})
            over.wait(PAUSE_S)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _publish_at_both(town):
    """The second person presses the button at both hosts at once; its hour comes later."""
    author = town.cast.officer.user
    town.notice = Notice.objects.create(
        municipality=town.cast.city, title="題", body="本文", written_by=author,
        publish_at=timezone.now() + timedelta(seconds=HOUR_COMES_S),
    )  # fmt: skip
    drafts.submit_draft(town.notice, by=author)
    path = reverse("admin:notices_notice_review", args=[town.notice.pk])
    forms = [does.form_of(each.get(path), "seen")[0] for each in town.seconds]
    assert all(form["seen"] for form in forms)
    presses = [
        threading.Thread(target=each.ask, args=("POST", path, form | {"verb": "publish"}))
        for each, form in zip(town.seconds, forms, strict=True)
    ]
    for press in presses:
        press.start()
    for press in presses:
        press.join()


def _withdraw_here_and_look_there(town):
    """A withdrawal at one host counts in the next request at the other."""
    does.check_in(town.sakura_at_a, {"mood": "3", "body": "1", "talk": "0"})
    assert does.form_of(town.sakura_at_b.get("/checkin/"), "client_key")[0]
    _nobody_was_refused(town.tally)
    assert CheckIn.objects.filter(student=town.cast.sakura).readable().count() == 1
    assert does.withdraw(town.guardian, town.cast.sakura, REVIEW.value)
    assert does.form_of(town.sakura_at_b.get("/checkin/"), "client_key") == ({}, {})
    assert not CheckIn.objects.filter(student=town.cast.sakura).readable().exists()
    town.tally.accepted = [act for act in town.tally.accepted if act.who != town.cast.sakura.pk]


def _wait_until_all_is_done(town, bucket):
    """What a killed worker had leased is due again after minutes: the test lets them pass."""
    until(lambda: Notice.objects.exclude(push_sent_at=None).exists())
    try:
        until(lambda: not _waiting(town, bucket), LEASES_S)
    except AssertionError:
        now = timezone.now()
        Call.objects.filter(mail_state=CallMailState.PENDING).update(next_at=now)
        BroadcastChunk.objects.filter(is_done=False).update(lease_until=now)
        try:
            until(lambda: not _waiting(town, bucket), LEASES_S * 2)
        except AssertionError:
            assert _waiting(town, bucket) == []


def _waiting(town, bucket):
    """The names of what is not done yet."""
    steps = EscalationStep.objects.filter(number=1)
    waiting = {
        "steps": steps.exclude(state=EscalationStepState.DONE).exists(),
        "mails": Call.objects.filter(mail_state=CallMailState.PENDING).exists(),
        "broadcasts": Broadcast.objects.filter(finished_at=None).exists(),
        "push messages": PushDelivery.objects.filter(state=DeliveryState.PENDING).exists(),
        "rows of the file": LinkedRecord.objects.count() < town.n_rows,
        "checkpoints": bucket and Checkpoint.objects.filter(copied_at=None).exists(),
    }
    return [name for name, is_left in waiting.items() if is_left]


def _check_ins_and_requests(town, mailbox):
    for kind, times in (
        ("check-in", final_counts._check_ins),
        ("request", final_counts._requests),
    ):
        assert [act for act in town.tally.of(kind) if times(act) != 1] == []
    asked = town.tally.of("request")
    assert len(asked) == len(KINDS) * 2
    others = CheckIn.objects.exclude(student=town.cast.sakura)
    assert others.count() == len(town.tally.of("check-in")) > len(town.students)
    steps = EscalationStep.objects.filter(number=1, state=EscalationStepState.DONE)
    assert steps.count() == len(asked)
    assert AuditEvent.objects.filter(action=Action.HELP_ESCALATED).count() == len(asked)
    calls = [str(pk) for pk in Call.objects.values_list("pk", flat=True)]
    assert len(calls) == len(asked)
    letters = Counter(pk for pk in calls for letter in mailbox.letters if pk in letter)
    assert letters == Counter(calls)


def _notice(town, push):
    """Published by one press, sent when its hour had come, once to each device."""
    assert AuditEvent.objects.filter(action=Action.NOTICE_PUBLISHED).count() == 1
    sent = Broadcast.objects.get(topic=town.notice.pk.hex)
    states = PushDelivery.objects.filter(broadcast=sent).values_list("state", flat=True)
    assert list(states) == [DeliveryState.ACCEPTED] * N_STUDENTS
    came = requests.get(f"{push.push_origin}/messages", timeout=10).json()
    assert len(came) == N_STUDENTS
