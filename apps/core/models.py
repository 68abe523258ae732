"""Shared bases for tables: UUID keys, choices checked by the database, append-only rows, phones."""

import uuid
from datetime import datetime

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from uuid_utils.compat import uuid7

from apps.core import phones


class UUIDModel(models.Model):
    """A row whose id may be seen by people: it does not reveal how many there are."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class TimeOrderedModel(models.Model):
    """A row of a table that grows with use, whose id no family sees.

    Ids made one after the other lie side by side in the index (UUIDv7, RFC 9562, section 5.7). An
    id tells when its row was made: where that must stay unknown the base is UUIDModel.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


def first_id_since(moment: datetime) -> uuid.UUID:
    """The smallest UUIDv7 of this moment: ids made later are greater."""
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62)


class Heartbeat(models.Model):
    """When a periodic task last ran to its end for the scheduler, by the database's time.

    After ``late_at`` without another, the scheduler or the workers are dead.
    """

    name = models.CharField(primary_key=True, max_length=80)
    beat_at = models.DateTimeField()
    late_at = models.DateTimeField()

    def __str__(self):
        return f"{self.name} {self.beat_at:%H:%M:%S}"


class UsedFormKey(models.Model):
    """States that a form with this one-time key was sent, and the id of what it made
    (core.form_keys).
    """

    key = models.CharField(primary_key=True, max_length=32)
    body = models.CharField(max_length=64)  # a digest of what was typed
    thing_id = models.CharField(max_length=60, blank=True)
    used_at = models.DateTimeField(db_index=True)

    def __str__(self):
        return f"{self.key[:6]} {self.used_at:%H:%M:%S}"


def append_only(operation=pgtrigger.Update | pgtrigger.Delete):
    """Triggers that refuse UPDATE, DELETE and TRUNCATE, whichever role asks."""
    return [pgtrigger.Protect(name="append_only", operation=operation), no_truncate()]


def append_only_while_readable(key: str = "OLD.key_id") -> list:
    """Triggers of a sealed row that never changes, and goes only once its key is destroyed.

    ``key`` is SQL for the id of the key that seals the row.
    """
    return [pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update), *gone_with(key)]


def gone_with(key: str = "OLD.key_id") -> list:
    """Triggers that refuse TRUNCATE, and DELETE while the key of the row can open it."""
    exists = " OR ".join(
        f"EXISTS (SELECT FROM {table} WHERE id = {key})"
        for table in ("vault_subjectkey", "vault_replacedkey")
    )
    kept = pgtrigger.Trigger(
        name="kept_while_readable",
        operation=pgtrigger.Delete,
        when=pgtrigger.Before,
        func=(
            f"IF {exists} THEN RAISE EXCEPTION 'append-only: the key of this row in % is in use', "
            "TG_TABLE_NAME; END IF; RETURN OLD;"
        ),
    )
    return [kept, no_truncate()]


def no_truncate() -> pgtrigger.Trigger:
    """The trigger that refuses TRUNCATE: for tables of which nothing, or only old rows, may be
    deleted.
    """
    return pgtrigger.Trigger(
        name="no_truncate",
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        func="RAISE EXCEPTION 'append-only: cannot truncate %', TG_TABLE_NAME;",
    )


RESEALING_SETTING = "kaga.sealing_anew"  # "on" only in the transaction of a key rotation


def only_resealed(column: str, *, emptied_when: str = "false") -> pgtrigger.Trigger:
    """The trigger that keeps a sealed text unchanged, except that a key rotation may reseal it.

    ``emptied_when`` is SQL about the row: where it holds, the text may be destroyed.
    """
    return pgtrigger.Protect(
        name=f"{column}_stays",
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(
            f"OLD.{column} IS DISTINCT FROM NEW.{column} AND (OLD.{column} = '' "
            f"OR NEW.{column} NOT LIKE 'sealed:%' "
            f"OR current_setting('{RESEALING_SETTING}', true) IS DISTINCT FROM 'on')"
            + (
                f" AND NOT (NEW.{column} = '' AND {emptied_when})"
                if emptied_when != "false"
                else ""
            )
        ),
    )


def append_only_but_resealed(column: str) -> list:
    """Triggers of a record that never changes, except that key rotation reseals this text."""
    return [
        *append_only(pgtrigger.Delete),
        pgtrigger.ReadOnly(name="record_stays", exclude=[column]),
        only_resealed(column),
    ]


def only_transitions(table: dict, name: str = "transitions") -> list[pgtrigger.Trigger]:
    """Triggers that let ``state`` change only as the table {state: {states after it}} says."""
    transitions = sorted((before, after) for before, afters in table.items() for after in afters)
    return [pgtrigger.FSM(name=name, field="state", transitions=transitions)]


class PhoneField(models.CharField):
    """One or more phone numbers of Japan, checked and stored in one format whatever their source."""

    def clean(self, value, model_instance):
        try:
            normal = phones.normalised_phones(self.to_python(value) or "")
        except phones.PhoneError as error:
            raise ValidationError(str(error), code="phone") from error
        return super().clean(normal, model_instance)
