"""Compares the database after a fault run with what was accepted during it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from apps.checkins.models import CheckIn
from apps.consent.models import ConsentDecision, ConsentReceipt, Party, Purpose
from apps.consent.services.ledger_verification import verify_ledger
from apps.core import clock
from apps.helpline.models import EscalationStep, EscalationStepState, HelpRequest
from apps.linkage.models import LinkedRecord, RunState, SyncRun
from apps.notices.models import Notice
from apps.people.models import Student
from apps.push.models import Broadcast, DeliveryState, PushDelivery
from apps.vault.damage import is_unreadable
from apps.vault.services.sealed_content import open_own
from tests.faults.activity import Stream
from tests.faults.response_counts import Tally


@dataclass(frozen=True)
class Line:
    """One figure; ``broken`` where a rule says that it may not be."""

    name: str
    value: object
    broken: bool = False
    note: str = ""

    def __str__(self):
        mark = "BROKEN" if self.broken else "      "
        return f"{mark} {self.name:44} {self.value}" + (f"   ({self.note})" if self.note else "")


def count_all(tally: Tally, stream: Stream, late_after_s: float) -> Iterator[Line]:
    """Every figure about what is in the database; the order is that of the printed report."""
    yield _all_found("check-ins", tally.of("check-in"), _check_ins)
    yield _all_found("requests to talk", tally.of("request"), _requests)
    yield _all_found("consents and withdrawals", tally.of("decision"), _decisions)
    yield _all_found("notices, with the last text accepted", *_notices(tally))
    yield _all_found("roster changes", *_roster(tally))
    yield _all_found("push trials", tally.of("push trial"), _trials)
    yield _file(stream)
    yield _latest(tally)
    yield _withdrawn(tally)
    yield from _first_calls(tally, late_after_s)
    yield from _waiting()
    yield from _half_written()


def _all_found(name, acts, found):
    """Accepted against found: ``found`` gives for each act how many times it was stored."""
    times = Counter(found(act) for act in acts)
    lost, twice = times[0], sum(n for t, n in times.items() if t > 1)
    value = f"{len(acts)} accepted, {times[1]} there once, {lost} lost, {twice} more than once"
    return Line(f"accepted {name}", value, broken=bool(lost or twice))


def _check_ins(act):
    rows = list(CheckIn.objects.filter(student=act.who, client_key=act.key))
    return sum(_decision_of(row) == _answers(act.content) for row in rows)


def _decision_of(row):
    (content,) = open_own([row], student=Student.objects.get(pk=row.student_id))
    return None if is_unreadable(content) else content


def _answers(decision):
    return {code: int(value) for code, value in decision.items()}


def _requests(act):
    rows = list(HelpRequest.objects.filter(student=act.who, form_key=act.key))
    return sum((_decision_of(row) or {}).get("words") == act.content for row in rows)


def _decisions(act):
    by, purpose, response = act.content
    of_form = ConsentDecision.objects.filter(
        student=act.who, purpose=purpose, response=response, receipt__form_key=act.key
    )
    return of_form.filter(receipt__decided_by=by).count()


def _notices(tally):
    last = {act.key: act for act in [*tally.of("notice"), *tally.of("notice edit")]}
    return last.values(), lambda act: Notice.objects.filter(title=act.key, body=act.content).count()


def _roster(tally):
    """The last number that was read for each pupil; an earlier one was replaced."""
    last = {act.who: act for act in tally.of("roster")}
    return last.values(), lambda act: Student.objects.filter(
        source_id=act.who, attendance_number=act.content
    ).count()


def _trials(act):
    return Broadcast.objects.filter(pk=act.key).count()


def _file(stream):
    """Every row of the last file, of students whose consent did not change, is stored once."""
    rows = Counter(row[0] for row in stream.file_rows)
    touched = {person.row.child.pk for person in stream.city.guardians}
    students = Student.objects.filter(subject_keys__purpose=Purpose.ATTENDANCE).exclude(
        pk__in=touched
    )
    wrong = []
    for student in students:
        records = LinkedRecord.objects.readable().filter(student=student, kind="attendance_daily")
        if records.count() != rows[student.local_code]:
            wrong.append(f"{student.local_code}: {records.count()} of {rows[student.local_code]}")
    value = f"{sum(rows.values())} rows in it, {len(wrong)} students of {len(students)} differ"
    return Line("last file against linked rows", value, bool(wrong), "; ".join(wrong[:5]))


def _latest(tally):
    """Each guardian's last decision, against the state of the portal."""
    decision = {(act.who, act.content[:2]): act.content[2] for act in tally.of("decision")}
    decided = ConsentDecision.objects.filter(party=Party.GUARDIAN)
    wrong = 0
    for (student, (by, purpose)), response in decision.items():
        last = decided.filter(student=student, purpose=purpose, receipt__decided_by=by)
        wrong += last.order_by("-id").values_list("response", flat=True).first() != response
    return Line("guardians whose last word is another", wrong, broken=bool(wrong))


def _withdrawn(tally):
    """Linked rows that can be opened although somebody's last decision about them is a withdrawal."""
    last = {(act.who, act.content[:2]): act for act in tally.of("decision")}
    gone = [act for act in last.values() if act.content[2] == "withdrawn"]
    readable = sum(
        LinkedRecord.objects.readable().filter(student=act.who, purpose=act.content[1]).count()
        for act in gone
    )
    readable += len(tally.readable_after_withdrawal)
    return Line(
        "withdrawn rows readable", readable, bool(readable), f"{len(gone)} withdrawn at the end"
    )


def _first_calls(tally, late_after_s):
    """Of the requests of this run; the demo's own was planned for other hours."""
    forms = [act.key for act in tally.of("request")]
    steps = EscalationStep.objects.filter(
        number=1, request__form_key__in=forms, due_at__lte=clock.now()
    )
    waits, done = [], []  # since it was sent: a step that failed may have been put off
    for step in steps.select_related("request"):
        seconds = ((step.done_at or clock.now()) - step.request.sent_at).total_seconds()
        (done if step.state == EscalationStepState.DONE else waits).append(seconds)
    late = sum(seconds > late_after_s for seconds in [*done, *waits])
    slowest = f"slowest {max([*done, *waits], default=0):.0f} s"
    yield Line("requests with a first call due", len(done) + len(waits))
    yield Line(f"first call later than {late_after_s:.0f} s", late, bool(late), slowest)


def _waiting():
    """Rows without a final state when the wait after the faults was over."""
    due = PushDelivery.objects.filter(next_at__lte=clock.now())  # others wait for the morning
    pending = due.filter(state=DeliveryState.PENDING).count()
    states = Counter(PushDelivery.objects.values_list("state", flat=True))
    yield Line("push messages still waiting", pending, bool(pending), _reported(states))
    runs = SyncRun.objects.filter(state__in=[RunState.RUNNING, RunState.WAITING]).count()
    yield Line("readings of sources still begun", runs, bool(runs), _reported(
        Counter(SyncRun.objects.values_list("state", flat=True))
    ))  # fmt: skip


def _reported(counter):
    return ", ".join(f"{n} {name}" for name, n in sorted(counter.items()))


def _half_written():
    halves = {
        "requests without a first step": HelpRequest.objects.exclude(steps__number=1),
        "steps done without a call": EscalationStep.objects.filter(
            state=EscalationStepState.DONE, calls=None, request__isnull=False
        ),
        "receipts without a decision": ConsentReceipt.objects.filter(decisions=None),
        "finished messages with open deliveries": Broadcast.objects.filter(
            state="finished", deliveries__state=DeliveryState.PENDING
        ),
    }
    for name, rows in halves.items():
        n = rows.count()
        yield Line(f"half-written: {name}", n, broken=bool(n))
    findings = verify_ledger().findings
    summary = "; ".join(f"{each.where}: {each.what}" for each in findings[:3])
    yield Line(
        "half-written: ledger entries that do not fit", len(findings), bool(findings), summary
    )
