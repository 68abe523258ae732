"""Everything known about registrations, loaded for many at once with a constant number of queries.

Every decision about a registration, and every page that shows one, uses ``RegistrationContext``.
"""

from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import CharField, Count, F, Func, Q, QuerySet, Value

from apps.people.models import (
    Guardianship,
    GuardianStanding,
    StaffPost,
    Student,
    User,
)
from apps.people.permissions import posts_with, role_of, students_where
from apps.people.person_match_rules import PersonMatch
from apps.people.post_scope import post_includes_place
from apps.people.services import guardian_standings, kept_out_people
from apps.people.services.person_accounts import accounts_of_person, children_of_person
from apps.registration.confirmation_rules import (
    SUFFICIENT_EVIDENCE,
    NewcomerFacts,
    confirmations_needed,
)
from apps.registration.models import (
    EvidenceKind,
    GuardianRegistration,
    RegistrationEvidence,
    RegistrationState,
)
from apps.registration.services.name_comparison import (
    PRESENT_STANDINGS,
    KnownNames,
    load_known_names,
    match_with_kept_out,
    name_facts,
)
from apps.registration.services.objections import objected_ids
from apps.registration.services.registration_facts import (
    accounts_kept_out_somewhere,
    has_other_surname,
    has_school_domain,
    relation_of,
)
from apps.registration.services.revocations import registered_by_revoked_letter

VERB, VOUCH = "registrations.confirm", "registrations.vouch"


PUBLIC_MAIL_DOMAINS = {  # public mail services: such an address says nothing about the school
    "gmail.com", "googlemail.com", "yahoo.co.jp", "yahoo.com", "icloud.com", "me.com",
    "outlook.com", "outlook.jp", "hotmail.com", "hotmail.co.jp", "live.jp", "docomo.ne.jp",
    "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "ymail.ne.jp", "qq.com", "163.com",
}  # fmt: skip


@dataclass
class RegistrationContext:
    """One registration with everything that decides about it."""

    registration: GuardianRegistration
    children: list[Student]
    facts: NewcomerFacts
    makers: list  # [(id of who wrote or printed the letter, role)]
    confirmed_by_role: list  # [(id of who has confirmed it, role)]
    evidence: list[RegistrationEvidence]

    @property
    def n_needed(self) -> int:
        """How many people must confirm it."""
        return confirmations_needed(self.facts)

    @property
    def has_evidence(self) -> bool:
        """Whether evidence from a channel other than the letter was recorded."""
        return any(each.kind in SUFFICIENT_EVIDENCE for each in self.evidence)

    def visible_children(self, user: User) -> list[Student]:
        """The children this person may know of here: never those of other schools."""
        posts = [*posts_with(user, VERB), *posts_with(user, VOUCH)]
        return [
            child
            for child in self.children
            if any(post_includes_place(post, child) for post in posts)
        ]

    def page_token_for(self, user: User) -> str:
        """A short token of the registration as this person's page shows it."""
        who = self.registration.guardian
        shown = [
            who.family_name, who.given_name, who.family_kana, who.given_kana, self.registration.state,
            *sorted(str(child.pk) for child in self.visible_children(user)),
            *sorted(str(person) for person, _ in self.confirmed_by_role),
            *sorted(f"{each.kind} {each.recorded_by_id}" for each in self.evidence),
        ]  # fmt: skip
        return sha256(repr((shown, self.facts)).encode()).hexdigest()[:16]


def registrations_known_to(user: User, *verbs: str) -> QuerySet[GuardianRegistration]:
    """Registrations of children whom one of this person's posts reaches with a verb.

    Never of the person's own children, nor by their roster letter for several children of whom
    one is the person's: a colleague may be the one who must not know of it.
    """
    reached = Q(pk__in=[])
    for verb in verbs or (VERB,):
        reached |= students_where(user, verb)
    students = Student.objects.enrolled().filter(reached)
    guardianships = Guardianship.objects.current().filter(student__in=students)
    family = Guardianship.objects.named().filter(student__in=children_of_person(user))
    by_roster = Q(student=None, guardian__in=guardianships.values("guardian"))
    by_roster &= ~Q(guardian__in=family.values("guardian"))
    return with_related_rows(
        GuardianRegistration.objects.filter(by_roster | Q(student__in=students))
    )


def with_related_rows(
    registrations: QuerySet[GuardianRegistration],
) -> QuerySet[GuardianRegistration]:
    """The registrations with the related rows that ``load_contexts`` reads."""
    found = registrations.select_related(
        "guardian", "user", "invitation", "student__home_class", "student__school"
    )
    return found.defer("safe_contact").prefetch_related(
        "confirmations", "evidence", "invitation__issued_by", "invitation__printings__sheet"
    )


def load_contexts(
    registrations: list[GuardianRegistration], user: User
) -> list[RegistrationContext]:
    """A RegistrationContext for each registration (from ``with_related_rows``), for this reader."""
    children = _children_of(registrations)
    students = {child.pk for each in children.values() for child in each}
    guardianships = defaultdict(list)
    of_children = Guardianship.objects.filter(student__in=students)
    for guardianship in of_children.select_related("guardian"):
        guardianships[guardianship.student_id].append(guardianship)
    known = _KnownFacts(
        guardianships=guardianships,
        waiting=_waiting_by_child(students),
        elsewhere=_elsewhere(registrations, user),
        domains=_domains(children),
        names=load_known_names(
            students, {child.school_id for each in children.values() for child in each}, user
        ),
        reader=accounts_of_person(user),
        objected=objected_ids([registration.pk for registration in registrations]),
        by_revoked=registered_by_revoked_letter(registrations),
        ended=guardian_standings.pairs_ended_by_school(students),
        kept_out=accounts_kept_out_somewhere([each.user_id for each in registrations]),
        before=_ended_before(registrations),
        kept_out_people=kept_out_people.rows_by_student(students),
        of_siblings=kept_out_people.digests_of_siblings(students),
    )
    return [
        _context(registration, children[registration.pk], known) for registration in registrations
    ]


@dataclass
class _KnownFacts:
    guardianships: dict  # {student id: [Guardianship]}, present and past
    waiting: dict  # {student id: {account ids}}
    elsewhere: dict  # {account id: {student ids}}
    domains: dict  # {school id: {mail domains of its staff and students}}
    names: KnownNames
    reader: frozenset  # the reader's accounts
    objected: set  # ids of registrations
    by_revoked: set  # ids of registrations
    ended: set  # {(guardian id, student id)}
    kept_out: set  # ids of accounts kept out from any child
    kept_out_people: dict  # {student id: [KeptOutPerson]}
    of_siblings: dict  # {student id: [KeptOutDigests of children with the same guardian]}
    before: dict  # {(account id, student id): number of registrations that ended unconfirmed}


def _children_of(registrations):
    """{registration id: [its enrolled children]}, without those a guardian is kept out from."""
    guardianships = Guardianship.objects.current().filter(
        guardian__in=[each.guardian_id for each in registrations if each.student_id is None],
        student__left_at=None,
    )
    of_guardian = defaultdict(list)
    for guardianship in guardianships.select_related(
        "student__home_class", "student__school"
    ).order_by("pk"):
        of_guardian[guardianship.guardian_id].append(guardianship.student)
    return {
        each.pk: of_guardian[each.guardian_id] if each.student_id is None else _if_enrolled(each)
        for each in registrations
    }


def _if_enrolled(registration):
    return [registration.student] if registration.student.left_at is None else []


def _waiting_by_child(students):
    """{student id: {ids of the accounts that wait for it}}."""
    found, waiting = defaultdict(set), GuardianRegistration.objects.waiting()
    rows = waiting.filter(student__in=students).values_list("student_id", "user_id")
    by_roster = Guardianship.objects.named().filter(
        student__in=students, guardian__registrations__in=waiting.filter(student=None)
    )
    for student, user in [
        *rows, *by_roster.values_list("student_id", "guardian__registrations__user_id")
    ]:  # fmt: skip
        found[student].add(user)
    return found


def _elsewhere(registrations, user):
    """{account id: {ids of its children whom the reader may know of}}."""
    known = students_where(user, VERB, "student__") | students_where(user, VOUCH, "student__")
    guardianships = Guardianship.objects.named().filter(
        known, guardian__user__in=[each.user_id for each in registrations]
    )
    found = defaultdict(set)
    for account, student in guardianships.values_list("guardian__user", "student"):
        found[account].add(student)
    return found


def _ended_before(registrations):
    """{(account id, student id): number of its registrations that ended unconfirmed}."""
    of_children = [each for each in registrations if each.student_id is not None]
    ended = GuardianRegistration.objects.exclude(
        state__in=[RegistrationState.WAITING, RegistrationState.CONFIRMED]
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
            found[school] |= {(name or "").lower()} - {"", *PUBLIC_MAIL_DOMAINS}
    return found


def _context(registration, children, known):
    evidence = sorted(registration.evidence.all(), key=lambda each: each.recorded_at)
    return RegistrationContext(
        registration=registration,
        children=children,
        facts=_facts(registration, children, evidence, known),
        makers=_makers(registration, children),
        confirmed_by_role=[
            (each.confirmed_by_id, each.confirmed_role) for each in registration.confirmations.all()
        ],
        evidence=evidence,
    )


def _facts(registration, children, evidence, known):
    guardianships = [
        guardianship for child in children for guardianship in known.guardianships[child.pk]
    ]
    names, who = guardian_standings.guardian_names(registration.guardian), registration.guardian
    others = {
        guardianship.guardian.user_id for guardianship in guardianships
        if guardianship.ended_at is None and guardianship.standing in PRESENT_STANDINGS
    } - {None, registration.user_id}  # fmt: skip
    kept_out = [
        guardianship
        for guardianship in guardianships
        if guardianship.standing == GuardianStanding.KEPT_OUT
    ]
    # A named guardian's own guardianship is created kept out, by a trigger.
    is_elsewhere = registration.student_id is not None and registration.user_id in known.kept_out
    people = [row for child in children for row in known.kept_out_people.get(child.pk, ())]
    match = match_with_kept_out(registration, people)
    beside = [row for child in children for row in known.of_siblings.get(child.pk, ())]
    is_elsewhere = is_elsewhere or bool(match_with_kept_out(registration, beside))
    has_kept_out = bool(kept_out or people) or is_elsewhere
    own_children = {child.pk for child in children}
    waiting_accounts = {user for child in children for user in known.waiting[child.pk]}
    relation = relation_of(registration, guardianships)
    return NewcomerFacts(
        relation=relation,
        **name_facts(registration, relation, children, guardianships, known.names),
        tells_others=registration.tells_others,
        has_secret=registration.has_secret,
        has_document=any(each.kind == EvidenceKind.DOCUMENT for each in evidence),
        has_paper=any(
            each.kind == EvidenceKind.DOCUMENT and each.recorded_by_id not in known.reader
            for each in evidence
        ),
        on_students_device=registration.on_students_device,
        on_staff_device=bool(registration.staff_on_device),
        has_school_domain=has_school_domain(registration.user, children, known.domains),
        has_objection=registration.pk in known.objected,
        by_revoked_letter=registration.pk in known.by_revoked,
        has_other_surname=has_other_surname(who, children),
        was_ended=any(
            (guardianship.guardian_id, guardianship.student_id) in known.ended
            and (guardianship.guardian.user_id == registration.user_id or names & guardian_standings.guardian_names(guardianship.guardian))
            for guardianship in guardianships
        ),
        n_confirmed=len(others),
        n_before=known.before.get((registration.user_id, registration.student_id), 0),
        n_beside=len(waiting_accounts - {registration.user_id}),
        n_elsewhere=len(known.elsewhere[registration.user_id] - own_children),
        is_protected=has_kept_out or any(
            guardianship.must_stay_unknown and guardianship.ended_at is None for guardianship in guardianships
        ),
        has_kept_out=has_kept_out,
        has_kept_out_name=match == PersonMatch.NAME,
        is_kept_out=match == PersonMatch.CONTACT or any(
            guardianship.guardian_id == who.pk
            or guardianship.guardian.user_id == registration.user_id
            or (not guardianship.is_unconfirmed and names & guardian_standings.guardian_names(guardianship.guardian))
            for guardianship in kept_out
        ),
    )  # fmt: skip


def _makers(registration, children):
    """[(who wrote or printed the letter, in which role)]."""
    letter = registration.invitation
    makers = [(p.sheet.printed_by_id, p.sheet.printed_role) for p in letter.printings.all()]
    issuer = letter.issued_by
    if issuer is not None and issuer.pk not in {person for person, _ in makers}:
        makers += [(issuer.pk, role_of(issuer, child)) for child in children]
    return makers
