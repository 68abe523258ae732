"""The words and the policies: set up, written anew, published. New words are asked anew."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record, record_many
from apps.consent.models import ConsentDocument, PurposePolicy
from apps.consent.services.wording import WORDS, digest_of
from apps.consent.texts import TEXTS
from apps.core.clock import nudge
from apps.people.permissions import role_of
from apps.vault.models import SubjectKey
from apps.vault.services import destroy_keys

PUBLISHED = "この版は、もう公開されています。変えるときは、新しい版を作ってください。"


class CannotPublish(Exception):
    """The version cannot be published; the message is a sentence for the member of staff."""


@transaction.atomic
def install(municipality):
    """Policies and published first words for all ten purposes; what exists stays as it is."""
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
            for order, (purpose, text) in enumerate(TEXTS.items(), start=1)
        ),
        ignore_conflicts=True,
    )
    known = ConsentDocument.objects.filter(municipality=municipality)
    known = set(known.values_list("purpose", flat=True))
    ConsentDocument.objects.bulk_create(
        _first_words(municipality, purpose, text)
        for purpose, text in TEXTS.items()
        if purpose not in known
    )


def _first_words(municipality, purpose, text):
    document = ConsentDocument(
        municipality=municipality,
        purpose=purpose,
        version=1,
        readers=list(text.readers),
        kept_days=text.kept_days,
        published_at=timezone.now(),
        **{field: getattr(text, field) for field in WORDS},
    )
    document.digest = digest_of(document)
    return document


@transaction.atomic
def draft_next_version(document, *, by):
    """A draft with the same words and the next number; the one there is, if there is one."""
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
        **{field: getattr(document, field) for field in WORDS},
    )
    _record_change(draft, by=by, fields=["version"])
    return draft


@transaction.atomic
def edit_draft(document, *, by, fields):
    """Save an edited draft (``fields`` are the names that changed). Raises CannotPublish."""
    _lock_policy(document)
    kept = ConsentDocument.objects.select_for_update().get(pk=document.pk)
    if kept.published_at:
        raise CannotPublish(PUBLISHED)
    document.save(update_fields=[field for field in fields if field in WORDS])
    _record_change(document, by=by, fields=fields)


@transaction.atomic
def publish(document, *, by):
    """Put a draft in force. Nobody has agreed to these words yet: every key of the purpose goes.

    Words, keys and record are one transaction; deciders wait for it. Raises CannotPublish.
    """
    _lock_policy(document)
    document = ConsentDocument.objects.select_for_update().get(pk=document.pk)
    _check_publishable(document)
    document.published_at, document.digest = timezone.now(), digest_of(document)
    document.save(update_fields=["published_at", "digest"])
    _record_change(document, by=by, fields=["published_at"])
    _destroy_all(document.municipality_id, document.purpose, by=by)
    return document


@transaction.atomic
def change_policy(policy, *, by, fields):
    """Save an edited policy (``fields`` are the names that changed) and let the keys follow.

    A purpose no longer offered loses its keys at once; a change of who decides is settled by
    the sweep, which is asked to come now.
    """
    _lock_policy(policy)
    policy.save()
    _record_change(policy, by=by, fields=fields)
    if not policy.is_offered:
        _destroy_all(policy.municipality_id, policy.purpose, by=by)
    nudge("consent.settle_all")


@transaction.atomic
def change_programme(programme, *, by, fields):
    """Save the term (``fields`` are the names that changed); the sweep is asked to come now."""
    programme.save()
    record(
        Action.RECORD_CHANGED,
        actor=by,
        role=role_of(by),
        municipality_id=programme.municipality_id,
        thing=programme,
        fields=fields,
    )
    nudge("consent.settle_all")


def n_linked(document):
    """How many students have this document's purpose linked now: whom publishing asks anew."""
    return SubjectKey.objects.filter(
        municipality_id=document.municipality_id, purpose=document.purpose
    ).count()


def _lock_policy(of):
    """Wait for who decides about this purpose just now (they hold the policies FOR SHARE)."""
    list(
        PurposePolicy.objects.filter(
            municipality_id=of.municipality_id, purpose=of.purpose
        ).select_for_update()
    )


def _check_publishable(document):
    if document.published_at:
        raise CannotPublish(PUBLISHED)
    newer = ConsentDocument.objects.published().filter(
        municipality_id=document.municipality_id,
        purpose=document.purpose,
        version__gte=document.version,
    )
    if newer.exists():
        raise CannotPublish("もっと新しい版が公開されています。新しい版を作ってください。")


def _destroy_all(municipality_id, purpose, *, by):
    record_many(
        {
            "action": Action.KEY_DESTROYED,
            "actor": by,
            "role": role_of(by),
            "municipality_id": municipality_id,
            "subject_id": student_id,
            "purpose": purpose,
        }
        for student_id, _ in destroy_keys(municipality_id, purpose)
    )


def _record_change(thing, *, by, fields):
    record(
        Action.RECORD_CHANGED,
        actor=by,
        role=role_of(by),
        municipality_id=thing.municipality_id,
        thing=thing,
        purpose=thing.purpose,
        fields=fields,
    )
