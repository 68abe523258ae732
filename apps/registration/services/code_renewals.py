"""New codes for cards and letters: for one person at once, for several after a second person
agrees.
"""

from django.db import transaction

from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct, SchoolClass
from apps.people.permissions import may
from apps.people.services import act_processing, pending_acts
from apps.registration.models import SheetKind
from apps.registration.services.child_letters import replace_child_letters
from apps.registration.services.letters import replace_guardian_letters
from apps.signin.services.cards import replace_cards

RENEW = "codes.renew"


def effects_of_renewal(kind: str, people, of_class: SchoolClass) -> ActEffects:
    """What renewing the codes (a SheetKind) of these people would end."""
    preview = dict.fromkeys(("cards", "letters"), 0) | {str(kind): len(people)}
    names = [("だれ", [person.full_name for person in people])]
    return ActEffects(RENEW, preview, names, of_class.municipality_id, of_class.school_id)


@transaction.atomic
def propose_renewal(
    kind: str, people: dict, *, of_class: SchoolClass, by, reason: str
) -> PendingAct:
    """Ask for new codes; ``people`` is {id of a valid card or letter: its owner}.

    One person's is renewed in this transaction. Several people's wait for a second person, and so
    do those beyond acts.MOST_ALONE_A_DAY; the old codes stay valid until then. Raises
    pending_acts.CannotAct.
    """
    if not may(by, f"{kind}.print", of_class):
        raise pending_acts.CannotAct("この学級に配る立場ではありません。")
    effects = effects_of_renewal(kind, list(people.values()), of_class)
    papers = [str(pk) for pk in people]
    act = pending_acts.propose_effects(
        effects, of_class, thing_id=papers[0] if len(papers) == 1 else f"{kind}:{of_class.pk}",
        title=f"{of_class} {SheetKind(kind).label}", by=by, reason=reason,
        payload={"papers": papers, "kind": str(kind), "class": str(of_class.pk), "changes": {}},
    )  # fmt: skip
    if not act.needs_second:
        _carry_out(act)
        act_processing.mark_done(act)
    return act


def apply_renewals() -> None:
    """Renew the codes that a second person agreed to."""
    act_processing.process_acts(RENEW, carry_out=_carry_out)


def _carry_out(act):
    """Issue new codes for the cards or letters that are still valid; others are skipped."""
    papers, by = act.payload["papers"], act.proposed_by
    if act.payload["kind"] == SheetKind.CARDS:
        replace_cards(papers, by=by)
    else:
        of_class = SchoolClass.objects.filter(pk=act.payload["class"]).first()
        replace_guardian_letters(papers, by=by, school_class=of_class)
        replace_child_letters(papers, by=by)
