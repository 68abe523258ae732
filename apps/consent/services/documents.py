"""Documents and policies: installed, drafted, reviewed, published. A new version asks everybody
again.
"""

from django.db import transaction
from django.db.models import Max

from apps.consent.document_terms import (
    TERM_FIELDS,
    TEXT_FIELDS,
    document_digest,
    why_readers_differ,
)
from apps.consent.models import ConsentDocument, PurposePolicy
from apps.consent.seed_documents import SEED_DOCUMENTS
from apps.consent.services import project_texts
from apps.consent.services.mass_reconciliation import pause_ending_keys
from apps.consent.services.policy_changes import (
    propose_publication,
    set_reading_rights,
    why_not_reviewer,
)
from apps.consent.services.policy_limits import apply_terms, why_too_wide
from apps.core import clock
from apps.core.clock import wake_worker
from apps.people.services.pending_acts import CannotAct
from apps.people.services.person_accounts import is_same_person
from apps.people.services.recorded_changes import record_change
from apps.vault.models import SubjectKey

CHANGED_MEANWHILE = "見ているあいだに変わりました。もう一度読んでください。"
ALREADY_PUBLISHED = "この版は、もう公開されています。変えるときは、新しい版を作ってください。"


class CannotPublishDocument(Exception):
    """The version cannot be published; the message is a sentence for the member of staff."""


@transaction.atomic
def install_seed_documents(municipality):
    """Policies and published first documents for all purposes; existing rows stay as they are."""
    PurposePolicy.objects.bulk_create(
        (
            PurposePolicy(
                municipality=municipality,
                purpose=purpose,
                decider=text.decider,
                alone_from_age=text.alone_from_age,
                readers=list(text.readers),
                kept_days=text.kept_days,
                order=order,
            )
            for order, (purpose, text) in enumerate(SEED_DOCUMENTS.items(), start=1)
        ),
        ignore_conflicts=True,
    )
    known = ConsentDocument.objects.filter(municipality=municipality)
    known = set(known.values_list("purpose", flat=True))
    ConsentDocument.objects.bulk_create(
        _first_words(municipality, purpose, text)
        for purpose, text in SEED_DOCUMENTS.items()
        if purpose not in known
    )


def _first_words(municipality, purpose, text):
    document = ConsentDocument(
        municipality=municipality,
        purpose=purpose,
        version=1,
        readers=list(text.readers),
        kept_days=text.kept_days,
        decider=text.decider,
        alone_from_age=text.alone_from_age,
        published_at=clock.now(),
        **{field: getattr(text, field) for field in TEXT_FIELDS},
    )
    document.digest = document_digest(document)
    return document


@transaction.atomic
def draft_next_version(document, *, by):
    """A draft with the same text, what the project added, and the next number; the existing draft,
    if there is one.
    """
    _lock_policy(document)
    same = ConsentDocument.objects.filter(
        municipality_id=document.municipality_id, purpose=document.purpose
    )
    draft = same.filter(published_at=None).first()
    if draft:
        return draft
    version = same.aggregate(last=Max("version"))["last"] + 1
    draft = ConsentDocument.objects.create(
        municipality_id=document.municipality_id,
        purpose=document.purpose,
        version=version,
        written_by=by,
        **project_texts.texts_for_draft(document),
        **{field: getattr(document, field) for field in TERM_FIELDS},
    )
    _record(draft, by=by, fields=["version"])
    return draft


@transaction.atomic
def edit_draft(document, *, by, fields):
    """Save an edited draft (``fields`` are the names that changed); it must be reviewed again.

    Raises CannotPublishDocument.
    """
    _lock_policy(document)
    stored = ConsentDocument.objects.select_for_update().get(pk=document.pk)
    if stored.published_at:
        raise CannotPublishDocument(ALREADY_PUBLISHED)
    document.written_by, document.reviewed_by, document.reviewed_at = by, None, None
    changed = [field for field in fields if field in (*TEXT_FIELDS, *TERM_FIELDS)]
    document.save(update_fields=[*changed, "written_by", "reviewed_by", "reviewed_at"])
    _record(document, by=by, fields=fields)


@transaction.atomic
def publish_document(document, *, by, reason, seen=None):
    """Publish a draft. Nobody has agreed to this version yet: every key of the purpose is paused,
    and destroyed a day later where nobody agreed again.

    Within that day either of the two people can stop it (apps.people.act_rules). Document, keys and
    audit record are one transaction; deciders wait for it. Raises CannotPublishDocument.

    ``seen`` is the ``document_digest`` of the text that was on the publisher's page.
    """
    _lock_policy(document)
    document = ConsentDocument.objects.select_for_update().get(pk=document.pk)
    if seen is not None and seen != document_digest(document):
        raise CannotPublishDocument(CHANGED_MEANWHILE)
    _check_publishable(document)
    document.published_at, document.digest = clock.now(), document_digest(document)
    document.save(update_fields=["published_at", "digest"])
    _record(document, by=by, fields=["published_at"])
    before = _take_terms(document)
    paused = pause_ending_keys(document.municipality_id, by=by, purposes=[document.purpose])
    if paused:
        try:
            propose_publication(document, before, paused, by=by, reason=reason)
        except CannotAct as error:
            raise CannotPublishDocument(str(error)) from error
    return document


@transaction.atomic
def review_document(document, *, by, seen=None):
    """A second person has read the draft as it is now. Raises CannotPublishDocument.

    ``seen`` is the ``document_digest`` of the text that was on their page.
    """
    _lock_policy(document)
    document = ConsentDocument.objects.select_for_update().get(pk=document.pk)
    if document.published_at:
        raise CannotPublishDocument(ALREADY_PUBLISHED)
    if is_same_person(by, document.written_by_id):
        raise CannotPublishDocument("書いた人のほかの人が確かめます。")
    if seen is not None and seen != document_digest(document):
        raise CannotPublishDocument(CHANGED_MEANWHILE)
    _check_terms(document)
    _check_reader(document, by)
    document.reviewed_by, document.reviewed_at = by, clock.now()
    document.save(update_fields=["reviewed_by", "reviewed_at"])
    _record(document, by=by, fields=["reviewed_by"])
    return document


@transaction.atomic
def change_policy(policy, *, by, fields):
    """Save an edited policy (``fields`` are the names that changed) and let the keys follow.

    What ends by it is paused in this transaction and destroyed a day later; the sweep, which is
    started now, does the rest. The terms may become stricter than the document in force, not wider:
    for wider ones, a new document is published. Raises CannotPublishDocument.
    """
    _lock_policy(policy)
    _check_narrower(policy)
    policy.save()
    set_reading_rights(policy)
    _record(policy, by=by, fields=fields)
    pause_ending_keys(policy.municipality_id, by=by, purposes=[policy.purpose])
    wake_worker("consent.reconcile_all")


@transaction.atomic
def change_programme(programme, *, by, fields):
    """Save the term (``fields`` are the names that changed); the sweep is started now.

    What ends by it is paused in this transaction and destroyed a day later.
    """
    list(PurposePolicy.objects.filter(municipality=programme.municipality_id).select_for_update())
    programme.save()
    record_change(programme, by, fields, verb="consent.edit")
    pause_ending_keys(programme.municipality_id, by=by)
    wake_worker("consent.reconcile_all")


def previous_version(document):
    """The published version that this one follows, or None."""
    return (
        ConsentDocument.objects.published()
        .filter(
            municipality_id=document.municipality_id,
            purpose=document.purpose,
            version__lt=document.version,
        )
        .order_by("-version")
        .first()
    )


def count_linked_students(document):
    """How many students have this document's purpose in use: whom publishing asks again."""
    return SubjectKey.objects.filter(
        municipality_id=document.municipality_id, purpose=document.purpose
    ).count()


def _lock_policy(of):
    """Wait for anybody deciding about this purpose now (they hold the policies FOR SHARE)."""
    list(
        PurposePolicy.objects.filter(
            municipality_id=of.municipality_id, purpose=of.purpose
        ).select_for_update()
    )


def _check_publishable(document):
    if document.published_at:
        raise CannotPublishDocument(ALREADY_PUBLISHED)
    if document.reviewed_by_id is None:
        raise CannotPublishDocument("まだ二人目の人が確かめていません。確かめてから公開します。")
    _check_terms(document)
    newer = ConsentDocument.objects.published().filter(
        municipality_id=document.municipality_id,
        purpose=document.purpose,
        version__gte=document.version,
    )
    if newer.exists():
        raise CannotPublishDocument("もっと新しい版が公開されています。新しい版を作ってください。")


def _check_terms(document):
    """Text and data must agree: every reader is named, and nobody else."""
    if problem := why_readers_differ(document.recipients, document.readers):
        raise CannotPublishDocument(problem)


def _check_reader(document, reader):
    """A document that asks linked students again is reviewed in another role than its writer's."""
    writer = document.written_by
    if writer is None or not count_linked_students(document):
        return
    if why := why_not_reviewer(document, reader, publisher=writer):
        raise CannotPublishDocument(why)


def _check_narrower(policy):
    if problem := why_too_wide(policy, {name: getattr(policy, name) for name in TERM_FIELDS}):
        raise CannotPublishDocument(problem)


def _take_terms(document):
    """Copy the terms of the new document to the policy; returns what it said before ({field:
    value}).
    """
    before = {}
    policies = PurposePolicy.objects.filter(
        municipality_id=document.municipality_id, purpose=document.purpose
    )
    for policy in policies:
        before = {name: getattr(policy, name) for name in TERM_FIELDS}
        apply_terms(policy, {name: getattr(document, name) for name in TERM_FIELDS})
        set_reading_rights(policy)
    return before


def _record(thing, *, by, fields):
    record_change(thing, by, fields, verb="consent.view", purpose=thing.purpose)
