"""Keeps a person out from a child before they have an account or a guardianship there.

One person does it at once, a second confirms it afterwards. Whoever comes with the same address or
number meets the refusal of an unknown person; the same name alone refuses nobody, and the second
person who confirms reads that it fits.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.models import Audience
from apps.core import clock
from apps.core.municipality_scope import across_municipalities
from apps.people.act_rules import ActEffects
from apps.people.models import (
    Guardianship,
    KeptOutPerson,
    PendingAct,
    StandingReason,
    Student,
    User,
)
from apps.people.permissions import students_where
from apps.people.person_match_rules import PersonMatch, TypedPerson, digests_of
from apps.people.services import act_processing, guardian_standings, pending_acts
from apps.people.services.person_accounts import OWN_FAMILY_REFUSED, children_of_person
from apps.people.services.recorded_changes import record_change

KEEP_OUT, LET_IN = "person.keep_out", "person.let_in"
VERB = "guardians.keep_out"
MAX_NUMBER_CHARACTERS = 60  # characters of a document's number
KEY_BYTES = 32
NOBODY = gettext_lazy("姓と名(または読み)、メールアドレス、電話番号のどれかを書いてください。")
ALREADY_GUARDIAN = gettext_lazy(
    "この人には、もうこの子どもの続柄があります。続柄のページから制限してください。"
)
MANY_GUARDIANS = gettext_lazy(
    "この生徒には、もう20人を登録の前から制限しています。市に相談してください。"
)
MOST_OF_A_CHILD = 20


class KeptOutDigests(NamedTuple):
    """Digests to recognise somebody kept out by; they say neither from which child nor why."""

    digest_key: str
    name_digests: list[str]
    contact_digests: list[str]


def kept_out_people_for(user: User) -> QuerySet[KeptOutPerson]:
    """Those of children within reach of this member of staff, never of their own."""
    reached = students_where(user, "guardians.standing", "student__")
    return KeptOutPerson.objects.filter(reached).exclude(student__in=children_of_person(user))


@transaction.atomic
def keep_out_person(
    student: Student, person: TypedPerson, *, by: User, why: str, reason: str,
    document_number: str, form_key: UUID,
) -> PendingAct:  # fmt: skip
    """Keep this person out from this child, now; the PendingAct that a second person confirms.

    The same form sent twice is one. Raises pending_acts.CannotAct, also for somebody who is a
    guardian of the child already: then the guardianship is what to change.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    earlier = KeptOutPerson.objects.filter(form_key=form_key, set_by=by, student=student).first()
    if earlier is not None:
        return PendingAct.objects.get(kind=KEEP_OUT, thing_id=str(earlier.pk))
    document_number = _checked(why, document_number)
    if student.pk in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    if not person.names and not person.contacts:
        raise pending_acts.CannotAct(NOBODY)
    guardian_standings.lock_against_rosters()
    if KeptOutPerson.objects.in_force().filter(student=student).count() >= MOST_OF_A_CHILD:
        raise pending_acts.CannotAct(MANY_GUARDIANS)
    if _is_guardian(student, person):
        raise pending_acts.CannotAct(ALREADY_GUARDIAN)
    pk, key = uuid4(), secrets.token_bytes(KEY_BYTES)
    act = pending_acts.propose(
        KEEP_OUT, thing_id=pk, title=_("%(who)sに近づけない人") % {"who": student.class_and_number},
        municipality_id=student.municipality_id, school_id=student.school_id, by=by, reason=reason,
        preview={"people": 1}, payload={"student": str(student.pk)},
    )  # fmt: skip
    row = KeptOutPerson.objects.create(
        pk=pk, municipality_id=student.municipality_id, student=student, digest_key=key.hex(),
        name_digests=digests_of(key, person.names), contact_digests=digests_of(key, person.contacts),
        reason=why, document_number=document_number, set_by=by, set_role=act.proposed_role,
        set_at=clock.now(), form_key=form_key,
    )  # fmt: skip
    _record(row, by, act.proposed_role, ["reason"])
    return act


@transaction.atomic
def propose_let_person_in(row: KeptOutPerson, *, by: User, reason: str) -> PendingAct:
    """Ask a second person to end it; nothing changes until they agree. Raises CannotAct."""
    row = KeptOutPerson.objects.select_for_update(of=("self",)).get(pk=row.pk)
    student = row.student
    if student.pk in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    if row.ended_at is not None:
        raise pending_acts.CannotAct(_("もう、といた制限です。"))
    effects = ActEffects(LET_IN, {"people": 1}, [], student.municipality_id, student.school_id)
    return pending_acts.propose_effects(
        effects, row, by=by, reason=reason, payload={"student": str(student.pk)},
        title=_("%(who)sに近づけない人") % {"who": student.class_and_number},
    )  # fmt: skip


def carry_out_kept_out_people() -> int:
    """End what two people agreed to end; close what was confirmed."""
    return act_processing.process_acts(
        KEEP_OUT, LET_IN, carry_out=_carry_out, put_back=lambda act: None
    )


def rows_by_student(student_ids: Iterable[UUID]) -> dict[UUID, list[KeptOutPerson]]:
    """{student id: who is kept out from them today}, in one statement."""
    found: dict[UUID, list[KeptOutPerson]] = defaultdict(list)
    for row in KeptOutPerson.objects.in_force().filter(student__in=list(student_ids)):
        found[row.student_id].append(row)
    return found


@across_municipalities
def digests_of_siblings(student_ids: Iterable[UUID]) -> dict[UUID, list[KeptOutDigests]]:
    """{student id: who is kept out today from a child with the same guardian}, in three statements.

    By the guardian's row or account: two rosters may name one mother twice, also in two cities.
    """
    named = Guardianship.objects.named().order_by()
    fields = ("student", "guardian", "guardian__user")
    own = list(named.filter(student__in=list(student_ids)).values_list(*fields))
    guardians, users = {each[1] for each in own}, {each[2] for each in own} - {None}
    shared = named.filter(Q(guardian__in=guardians) | Q(guardian__user__in=users))
    others = list(shared.values_list(*fields))
    rows = rows_by_student({student for student, _guardian, _user in others})
    found: dict[UUID, list[KeptOutDigests]] = defaultdict(list)
    for student, guardian, user in own:
        siblings = {
            other
            for other, its_guardian, its_user in others
            if other != student and (its_guardian == guardian or user and its_user == user)
        }
        found[student] += [
            KeptOutDigests(row.digest_key, row.name_digests, row.contact_digests)
            for sibling in sorted(siblings)
            for row in rows.get(sibling, ())
        ]
    return found


def match_of(
    rows: Iterable[KeptOutPerson | KeptOutDigests], person: TypedPerson
) -> PersonMatch | None:
    """How this person fits one of those kept out: by an address or number, by a name alone."""
    found = None
    for row in rows:
        key = bytes.fromhex(row.digest_key)
        if set(digests_of(key, person.contacts)) & set(row.contact_digests):
            return PersonMatch.CONTACT
        if set(digests_of(key, person.names)) & set(row.name_digests):
            found = PersonMatch.NAME
    return found


def is_refused(student_ids: Iterable[UUID], person: TypedPerson) -> bool:
    """Whether this person is kept out from one of these children by an address or number."""
    rows = [row for of_one in rows_by_student(student_ids).values() for row in of_one]
    return match_of(rows, person) == PersonMatch.CONTACT


@across_municipalities
def is_refused_for_account(account: User, person: TypedPerson) -> bool:
    """Whether this person is kept out from a child of this account, in whichever city."""
    children = Guardianship.objects.named().filter(guardian__user=account.pk).order_by()
    return is_refused(list(children.values_list("student", flat=True)), person)


def _carry_out(act: PendingAct) -> None:
    if act.kind == KEEP_OUT:  # in effect since it was proposed
        return
    row = KeptOutPerson.objects.select_for_update().filter(pk=act.thing_id).first()
    if row is None or row.ended_at is not None or act.confirmed_by is None:
        act_processing.void_act(act)
        return
    row.ended_at, row.ended_by = clock.now(), act.confirmed_by
    row.save(update_fields=["ended_at", "ended_by"])
    for other in PendingAct.objects.open().filter(kind=KEEP_OUT, thing_id=act.thing_id):
        act_processing.supersede_act(other, by=act.confirmed_by)
    _record(row, act.confirmed_by, act.confirmed_role, ["ended_at"])


def _is_guardian(student: Student, person: TypedPerson) -> bool:
    guardianships = Guardianship.objects.current().filter(student=student)
    for guardianship in guardianships.select_related("guardian__user"):
        user = guardianship.guardian.user
        if user is not None and TypedPerson(mail=user.email).contacts & person.contacts:
            return True
    return False


def _checked(why: str, document_number: str) -> str:
    if why not in StandingReason.values:
        raise pending_acts.CannotAct(_("わけを選んでください。"))
    document_number = document_number.strip()
    if not 0 < len(document_number) <= MAX_NUMBER_CHARACTERS:
        raise pending_acts.CannotAct(
            _("書類の番号を、%(limit)s字までで書いてください。") % {"limit": MAX_NUMBER_CHARACTERS}
        )
    return document_number


def _record(row: KeptOutPerson, by: User | None, role: str, fields: list[str]) -> None:
    record_change(row, by, fields, role=role, student_id=row.student_id, audience=Audience.OFFICE)
