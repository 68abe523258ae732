"""Changes of policy and term that end or begin something: proposed, and carried out when due."""

from django.db import transaction

from apps.consent.models import ConsentDocument, DocumentStop, Programme, PurposePolicy
from apps.consent.services.change_effects import (
    NARROW_ACCESS,
    SHORTEN_RETENTION,
    TERM_FIELDS,
    effects_of_policy,
    effects_of_programme,
)
from apps.consent.services.effectiveness import (
    POLICY_BEGIN,
    POLICY_END,
    PROGRAMME_BEGIN,
    PROGRAMME_END,
    copy_with_changes,
)
from apps.consent.services.erasures import carry_out_key_loss
from apps.consent.services.mass_reconciliation import pause_ending_keys
from apps.consent.services.policy_limits import apply_terms, narrow_policy
from apps.people.models import PendingAct, ReadingRight
from apps.people.services import act_processing, act_queries, pending_acts
from apps.people.services.recorded_changes import record_change
from apps.vault.services.key_loss import LOSE_KEYS
from apps.vault.services.share_store import is_store_unavailable

PUBLISH_DOCUMENT = "words.publish"
PROGRAMME_ACTS = (PROGRAMME_END, PROGRAMME_BEGIN)
POLICY_ACTS = (
    POLICY_END,
    POLICY_BEGIN,
    SHORTEN_RETENTION,
    NARROW_ACCESS,
    *PROGRAMME_ACTS,
    PUBLISH_DOCUMENT,
)

EFFECT_FUNCTIONS = {PurposePolicy: effects_of_policy, Programme: effects_of_programme}


@transaction.atomic
def propose_policy_change(row, changes, *, by, reason):
    """Propose ``changes`` to a PurposePolicy or Programme, or a new Programme; the PendingAct.

    What it would end is paused in this transaction: nothing more is read under it, arriving data
    waits. Raises pending_acts.CannotAct, also where it would end nothing (any more).
    """
    policies = PurposePolicy.objects.filter(municipality=row.municipality_id)
    list(policies.order_by("pk").select_for_update())
    if row._state.adding:
        check_single_programme(row)
    else:
        row = type(row).objects.get(pk=row.pk)
    effects = EFFECT_FUNCTIONS[type(row)](row, changes)
    if not effects.kind:
        raise pending_acts.CannotAct(
            "この変更で終わるもの・はじまるものは、いまはありません。もう一度保存してください。"
        )
    if effects.kind in PROGRAMME_ACTS:
        changes = {name: getattr(row, name).isoformat() for name in TERM_FIELDS} | changes
    act = pending_acts.propose_effects(
        effects, row, by=by, reason=reason, payload={"changes": changes}
    )
    pause_ending_keys(row.municipality_id, by=by)
    return act


def carry_out_due_changes():
    """Make the changes whose second person agreed and whose day is over; how many."""
    restore_stopped_documents()
    kinds = POLICY_ACTS if is_store_unavailable() else (*POLICY_ACTS, LOSE_KEYS)
    return act_processing.process_acts(*kinds, carry_out=_carry_out)


def _carry_out(act):
    if act.kind == LOSE_KEYS:
        carry_out_key_loss(act)
        return
    if (
        act.kind == PUBLISH_DOCUMENT
    ):  # published since its first day: what was not agreed to again ends now
        return
    model = Programme if act.kind in PROGRAMME_ACTS else PurposePolicy
    policies = PurposePolicy.objects.filter(municipality=act.municipality_id)
    list(policies.order_by("pk").select_for_update())
    row = model.objects.filter(pk=act.thing_id).first()
    if row is None and model is Programme:
        row = _programme_to_add(act)
    pause_ending_keys(
        act.municipality_id, by=act.proposed_by
    )  # until when, if nothing came between
    if row is not None:
        row = copy_with_changes(row, act.payload["changes"])
        if model is PurposePolicy:
            narrow_policy(row)  # a new document may have been published while the change waited
            set_reading_rights(row)
        row.save()
        record_change(
            row, act.proposed_by, sorted(act.payload["changes"]), role=act.proposed_role,
            purpose=getattr(row, "purpose", ""),
        )  # fmt: skip


def check_single_programme(programme):
    """A municipality has one Programme, stored or waiting. Raises pending_acts.CannotAct."""
    own = Programme.objects.filter(municipality=programme.municipality_id)
    waiting = PendingAct.objects.open().filter(
        kind__in=PROGRAMME_ACTS, municipality=programme.municipality_id
    )
    if own.exists() or waiting.exists():
        raise pending_acts.CannotAct(
            "この自治体の取り組みの期間は、もうあるか、確認を待っています。先にそれを見てください。"
        )


def unsaved_programme(pk, changes):
    """The Programme with all of ``changes`` ({field: value as kept}), not saved."""
    return copy_with_changes(Programme(pk=pk), changes)


def _programme_to_add(act):
    """The Programme that an act adds; None where the municipality has another by now."""
    if Programme.objects.filter(municipality=act.municipality_id).exists():
        return None
    return unsaved_programme(act.thing_id, act.payload["changes"])


def why_not_reviewer(document, reader, *, publisher):
    """Why this person may not review a document that pauses keys; "" where they may."""
    city = document.municipality_id
    role = act_queries.proposing_role(PUBLISH_DOCUMENT, publisher, city)
    return act_queries.why_not_reader(PUBLISH_DOCUMENT, reader, city, but=publisher, role=role)


def propose_publication(document, before, paused, *, by, reason):
    """A published version that pauses keys waits a day in which either of the two can stop it.

    ``before`` is what the policy said, ``paused`` the (Student, KeyChange)s. The publisher counts
    as its proposer; the reviewer as its second person where that is somebody else. Raises
    CannotAct.
    """
    if why := why_not_reviewer(document, document.reviewed_by, publisher=by):
        raise pending_acts.CannotAct(why)
    students = {student.pk for student, _ in paused}
    act = pending_acts.propose(
        PUBLISH_DOCUMENT,
        thing_id=document.pk,
        title=str(document),
        municipality_id=document.municipality_id,
        by=by,
        reason=reason,
        preview={"keys": len(paused), "students": len(students)},
        payload={"before": before},
        has_two_confirmations=True,
    )
    pending_acts.note_reader(act, reader=document.reviewed_by, read_at=document.reviewed_at)


def restore_stopped_documents():
    """Put the previous documents back in force where publication was stopped within the day."""
    act_processing.put_back_stopped(PUBLISH_DOCUMENT, put_back=_restore_document)


def _restore_document(act):
    document = ConsentDocument.objects.get(pk=act.thing_id)
    policies = PurposePolicy.objects.filter(
        municipality=document.municipality_id, purpose=document.purpose
    )
    policy = policies.select_for_update().first()
    is_last = ConsentDocument.objects.current().filter(pk=document.pk).exists()
    DocumentStop.objects.get_or_create(document=document)
    if policy is not None and is_last:
        apply_terms(policy, act.payload["before"])
        set_reading_rights(policy)


def set_reading_rights(policy):
    """Set who may open the records of a purpose, as its policy says."""
    ReadingRight.objects.update_or_create(
        municipality_id=policy.municipality_id,
        purpose=policy.purpose,
        defaults={"roles": policy.readers},
    )
