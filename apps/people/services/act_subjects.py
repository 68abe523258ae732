"""Conflicts of interest: nobody decides as staff about themselves or their own child."""

from typing import Any

from django.db.models import Q

from apps.people.act_kinds import ACT_KINDS
from apps.people.models import (
    Guardianship,
    KeptOutPerson,
    PendingAct,
    StaffConflict,
    StaffPost,
    User,
)
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    accounts_of_other_guardians,
    accounts_of_person,
    children_of_person,
)

OWN_ACCOUNT = "自分のアカウントのことは、ほかの人が決めます。"
OWN_POST = "自分の担当のことは、ほかの人が決めます。"
ACCOUNT_ACT_KINDS = sorted(kind for kind, act in ACT_KINDS.items() if act.model == "people.User")
GUARDIANSHIP_ACT_KINDS = sorted(
    kind for kind, act in ACT_KINDS.items() if act.model == "people.Guardianship"
)

MODELS_ABOUT_A_STUDENT: dict[str, Any] = {
    "people.KeptOutPerson": KeptOutPerson,
    "people.StaffConflict": StaffConflict,
}


def why_conflict_of_interest(act: PendingAct, user: User) -> str:
    """Why this person may neither confirm nor stop the act; "" where they may."""
    if ACT_KINDS[act.kind].model == "people.User" and act.thing_id in map(
        str, accounts_of_person(user)
    ):
        return OWN_ACCOUNT
    if is_about_post_of(act, user):
        return OWN_POST
    return OWN_FAMILY_REFUSED if is_about_own_family(act.kind, act.thing_id, user) else ""


def is_about_post_of(act: PendingAct, user: User) -> bool:
    """Whether the act gives, changes or ends a post of this account's holder."""
    if ACT_KINDS[act.kind].model != "people.StaffPost":
        return False
    accounts = accounts_of_person(user)
    if StaffPost.objects.filter(pk=act.thing_id, user__in=accounts).exists():
        return True
    mail = act.payload.get("mail")
    return bool(mail) and User.objects.filter(pk__in=accounts, email__iexact=mail).exists()


def is_about_own_family(kind: str, thing_id, user: User) -> bool:
    """Whether the act is about a guardian, or a guardian's account, of a child of this person."""
    family = children_of_person(user)
    if not family:
        return False
    if ACT_KINDS[kind].model == "people.Guardianship":
        return Guardianship.objects.filter(pk=thing_id, student__in=family).exists()
    if ACT_KINDS[kind].model in MODELS_ABOUT_A_STUDENT:
        model = MODELS_ABOUT_A_STUDENT[ACT_KINDS[kind].model]
        return model.objects.filter(pk=thing_id, student__in=family).exists()
    if ACT_KINDS[kind].model == "people.User":
        return str(thing_id) in map(str, accounts_of_other_guardians(user))
    return False


def acts_hidden_from(user: User) -> Q:
    """The acts hidden from this person: about guardians of their children, and their accounts."""
    accounts = accounts_of_other_guardians(user)
    guardianships = Guardianship.objects.filter(student__in=children_of_person(user))
    hidden = Q(pk__in=[])
    for label, model in MODELS_ABOUT_A_STUDENT.items():
        kinds = [kind for kind, act in ACT_KINDS.items() if act.model == label]
        rows = model.objects.filter(student__in=children_of_person(user))
        ids = [str(pk) for pk in rows.values_list("pk", flat=True)]
        hidden |= Q(kind__in=kinds, thing_id__in=ids)
    return (
        hidden
        | Q(kind__in=ACCOUNT_ACT_KINDS, thing_id__in=[str(pk) for pk in accounts])
        | Q(
            kind__in=GUARDIANSHIP_ACT_KINDS,
            thing_id__in=[str(pk) for pk in guardianships.values_list("pk", flat=True)],
        )
    )
