"""What is known about newcomers: read for many at once, in the same number of statements.

Everything that decides about an arrival, or is shown of it, is one ``Look``.
"""

from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import CharField, Count, F, Func, Q, QuerySet, Value

from apps.people import standing
from apps.people.models import (
    Guardianship,
    GuardianStanding,
    StaffPost,
    Student,
    User,
)
from apps.people.permissions import posts_with, role_of, students_where
from apps.people.reach import reaches
from apps.people.same_person import accounts_of, family_of
from apps.signin.arrival_rules import ENOUGH, Facts, n_needed
from apps.signin.models import ArrivalEvidence, ArrivalState, Evidence, GuardianArrival
from apps.signin.services.newcomer_names import THERE, KnownNames, facts_of_name, names_known
from apps.signin.services.objections import objected_ids
from apps.signin.services.revoking import came_by_revoked

VERB, VOUCH = "arrivals.confirm", "arrivals.vouch"
ANYBODYS = {  # mail of everybody: it says nothing about the school
    "gmail.com", "googlemail.com", "yahoo.co.jp", "yahoo.com", "icloud.com", "me.com",
    "outlook.com", "outlook.jp", "hotmail.com", "hotmail.co.jp", "live.jp", "docomo.ne.jp",
    "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "ymail.ne.jp", "qq.com", "163.com",
}  # fmt: skip


@dataclass
class Look:
    """One arrival with all that decides about it."""

    arrival: GuardianArrival
    children: list[Student]
    facts: Facts
    makers: list  # [(id of who wrote or printed the letter, role)]
    said: list  # [(id of who has confirmed it, role)]
    evidence: list[ArrivalEvidence]

    @property
    def n_needed(self) -> int:
        """How many people must confirm it."""
        return n_needed(self.facts)

    @property
    def has_evidence(self) -> bool:
        """Whether something from another path than the letter was recorded."""
        return any(each.kind in ENOUGH for each in self.evidence)

    def shown_to(self, user: User) -> list[Student]:
        """The children whom this person may know of here: never those of other schools."""
        posts = [*posts_with(user, VERB), *posts_with(user, VOUCH)]
        return [child for child in self.children if any(reaches(post, child) for post in posts)]

    def seen_by(self, user: User) -> str:
        """The arrival as this person's page shows it, in a few characters."""
        who = self.arrival.guardian
        shown = [
            who.family_name, who.given_name, who.family_kana, who.given_kana, self.arrival.state,
            *sorted(str(child.pk) for child in self.shown_to(user)),
            *sorted(str(person) for person, _ in self.said),
            *sorted(f"{each.kind} {each.recorded_by_id}" for each in self.evidence),
        ]  # fmt: skip
        return sha256(repr((shown, self.facts)).encode()).hexdigest()[:16]


def known_to(user: User, *verbs: str) -> QuerySet[GuardianArrival]:
    """The arrivals about children for whom one of this person's posts includes a verb.

    Never about the own children: a colleague may be the one who must not know who came.
    """
    reached = Q(pk__in=[])
    for verb in verbs or (VERB,):
        reached |= students_where(user, verb)
    students = Student.objects.enrolled().filter(reached).exclude(pk__in=family_of(user))
    ties = Guardianship.objects.current().filter(student__in=students)
    by_roster = Q(student=None, guardian__in=ties.values("guardian"))
    return with_all(GuardianArrival.objects.filter(by_roster | Q(student__in=students)))


def with_all(arrivals: QuerySet[GuardianArrival]) -> QuerySet[GuardianArrival]:
    """The arrivals with the rows that ``look_at`` reads of each."""
    found = arrivals.select_related(
        "guardian", "user", "invitation", "student__home_class", "student__school"
    )
    return found.defer("safe_contact").prefetch_related(
        "confirmations", "evidence", "invitation__issued_by", "invitation__printings__sheet"
    )


def look_at(arrivals: list[GuardianArrival], user: User) -> list[Look]:
    """A Look at each of the arrivals (read ``with_all``), for this reader."""
    children = _children_of(arrivals)
    students = {child.pk for each in children.values() for child in each}
    ties = defaultdict(list)
    of_children = Guardianship.objects.filter(student__in=students)
    for tie in of_children.select_related("guardian"):
        ties[tie.student_id].append(tie)
    known = _Known(
        ties=ties,
        waiting=_waiting_by_child(students),
        elsewhere=_elsewhere(arrivals, user),
        domains=_domains(children),
        names=names_known(
            students, {child.school_id for each in children.values() for child in each}, user
        ),
        reader=accounts_of(user),
        objected=objected_ids([arrival.pk for arrival in arrivals]),
        by_revoked=came_by_revoked(arrivals),
        ended=standing.pairs_ended_by_school(students),
        kept_out=_kept_out_somewhere(arrivals),
        before=_ended_before(arrivals),
    )
    return [_look(arrival, children[arrival.pk], known) for arrival in arrivals]


# -- inside ------------------------------------------------------------------------------------


@dataclass
class _Known:
    ties: dict  # {student id: [Guardianship]}, of today and before
    waiting: dict  # {student id: {account ids}}
    elsewhere: dict  # {account id: {student ids}}
    domains: dict  # {school id: {domains of its staff's and students' mail}}
    names: KnownNames
    reader: frozenset  # the accounts of who reads
    objected: set  # ids of arrivals
    by_revoked: set  # ids of arrivals
    ended: set  # {(guardian id, student id)}
    kept_out: set  # ids of accounts that are kept out from any child
    before: dict  # {(account id, student id): how many arrivals let nobody in}


def _children_of(arrivals):
    """{arrival id: [the enrolled children that it is about]}, nobody kept out from."""
    ties = Guardianship.objects.current().filter(
        guardian__in=[each.guardian_id for each in arrivals if each.student_id is None],
        student__left_at=None,
    )
    of_guardian = defaultdict(list)
    for tie in ties.select_related("student__home_class", "student__school").order_by("pk"):
        of_guardian[tie.guardian_id].append(tie.student)
    return {
        each.pk: of_guardian[each.guardian_id] if each.student_id is None else _if_enrolled(each)
        for each in arrivals
    }


def _if_enrolled(arrival):
    return [arrival.student] if arrival.student.left_at is None else []


def _waiting_by_child(students):
    """{student id: {ids of the accounts that wait for it}}."""
    found, waiting = defaultdict(set), GuardianArrival.objects.waiting()
    rows = waiting.filter(student__in=students).values_list("student_id", "user_id")
    by_roster = Guardianship.objects.named().filter(
        student__in=students, guardian__arrivals__in=waiting.filter(student=None)
    )
    for student, user in [
        *rows, *by_roster.values_list("student_id", "guardian__arrivals__user_id")
    ]:  # fmt: skip
        found[student].add(user)
    return found


def _elsewhere(arrivals, user):
    """{account id: {ids of its children whom the reader may know of}}."""
    known = students_where(user, VERB, "student__") | students_where(user, VOUCH, "student__")
    ties = Guardianship.objects.named().filter(
        known, guardian__user__in=[each.user_id for each in arrivals]
    )
    found = defaultdict(set)
    for account, student in ties.values_list("guardian__user", "student"):
        found[account].add(student)
    return found


def _kept_out_somewhere(arrivals):
    """The ids of those accounts that are kept out from any child: a sibling's letter is one more."""
    ties = Guardianship.objects.kept_out()
    ties = ties.filter(guardian__user__in=[each.user_id for each in arrivals])
    return set(ties.values_list("guardian__user", flat=True))


def _ended_before(arrivals):
    """{(account id, student id): how many of its arrivals ended and let nobody in}."""
    of_children = [each for each in arrivals if each.student_id is not None]
    ended = GuardianArrival.objects.exclude(
        state__in=[ArrivalState.WAITING, ArrivalState.CONFIRMED]
    ).filter(
        user__in=[each.user_id for each in of_children],
        student__in=[each.student_id for each in of_children],
    )
    counted = ended.order_by().values_list("user", "student").annotate(n=Count("pk"))
    return {(user, student): n for user, student, n in counted}


def _domains(children):
    schools = {child.school_id for each in children.values() for child in each}
    address = F("user__email")
    domain = Func(address, Value("@"), Value(2), function="split_part", output_field=CharField())
    found = defaultdict(set)
    staff = StaffPost.objects.current().filter(school__in=schools)
    students = Student.objects.enrolled().filter(school__in=schools)
    for people in (staff, students):
        for school, name in (
            people.annotate(domain=domain).values_list("school", "domain").distinct()
        ):
            found[school] |= {(name or "").lower()} - {"", *ANYBODYS}
    return found


def _look(arrival, children, known):
    evidence = sorted(arrival.evidence.all(), key=lambda each: each.recorded_at)
    return Look(
        arrival=arrival,
        children=children,
        facts=_facts(arrival, children, evidence, known),
        makers=_makers(arrival, children),
        said=[(each.confirmed_by_id, each.confirmed_role) for each in arrival.confirmations.all()],
        evidence=evidence,
    )


def _facts(arrival, children, evidence, known):
    ties = [tie for child in children for tie in known.ties[child.pk]]
    names, who = standing.names_of(arrival.guardian), arrival.guardian
    others = {
        tie.guardian.user_id for tie in ties
        if tie.ended_at is None and tie.standing in THERE
    } - {None, arrival.user_id}  # fmt: skip
    kept_out = [tie for tie in ties if tie.standing == GuardianStanding.KEPT_OUT]
    # Where the letter was a named guardian's, the tie itself begins kept out (a trigger).
    is_elsewhere = arrival.student_id is not None and arrival.user_id in known.kept_out
    has_kept_out = bool(kept_out) or is_elsewhere
    mine = {child.pk for child in children}
    beside = {user for child in children for user in known.waiting[child.pk]}
    relation = _relation(arrival, ties)
    return Facts(
        relation=relation,
        **facts_of_name(arrival, relation, children, ties, known.names),
        tells_others=arrival.tells_others,
        has_secret=arrival.has_secret,
        has_document=any(each.kind == Evidence.DOCUMENT for each in evidence),
        has_paper=any(
            each.kind == Evidence.DOCUMENT and each.recorded_by_id not in known.reader
            for each in evidence
        ),
        on_students_device=arrival.on_students_device,
        on_staff_device=bool(arrival.staff_on_device),
        has_own_domain=_has_own_domain(arrival.user, children, known.domains),
        has_objection=arrival.pk in known.objected,
        by_revoked_letter=arrival.pk in known.by_revoked,
        has_other_surname=_has_other_surname(who, children),
        was_ended=any(
            (tie.guardian_id, tie.student_id) in known.ended
            and (tie.guardian.user_id == arrival.user_id or names & standing.names_of(tie.guardian))
            for tie in ties
        ),
        n_confirmed=len(others),
        n_before=known.before.get((arrival.user_id, arrival.student_id), 0),
        n_beside=len(beside - {arrival.user_id}),
        n_elsewhere=len(known.elsewhere[arrival.user_id] - mine),
        is_protected=has_kept_out or any(
            tie.must_stay_unknown and tie.ended_at is None for tie in ties
        ),
        has_kept_out=has_kept_out,
        is_kept_out=any(
            tie.guardian_id == who.pk
            or tie.guardian.user_id == arrival.user_id
            or (not tie.is_unconfirmed and names & standing.names_of(tie.guardian))
            for tie in kept_out
        ),
    )  # fmt: skip


def _relation(arrival, ties):
    """What the newcomer said to be; "" where the letter was a guardian's own."""
    mine = (
        tie.relation for tie in ties if tie.guardian_id == arrival.guardian_id and not tie.ended_at
    )
    return next(mine, "")


def _has_own_domain(user, children, domains):
    domain = user.email.rpartition("@")[2].lower()
    return any(domain in domains[child.school_id] for child in children)


def _has_other_surname(guardian, children):
    mine = standing.normal_name(guardian.family_name)
    return any(standing.normal_name(child.family_name) != mine for child in children)


def _makers(arrival, children):
    """[(who wrote or printed the letter, in which role)]."""
    letter = arrival.invitation
    makers = [(p.sheet.printed_by_id, p.sheet.printed_role) for p in letter.printings.all()]
    issuer = letter.issued_by
    if issuer is not None and issuer.pk not in {person for person, _ in makers}:
        makers += [(issuer.pk, role_of(issuer, child)) for child in children]
    return makers
