"""Which columns of the database depend on keys of the ring.

The models declare it themselves (``ring_columns``, ``ring_digests``, SealedTextField); tables of
other packages are named here.
"""

from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import signing
from django.utils.module_loading import import_string

from apps.core import clock, crypto
from apps.core.sealed_field import SealedTextField
from apps.vault import sealed_text
from apps.vault.models import SealedCode, SubjectKey
from apps.vault.services.keys import key_ring
from apps.vault.services.ring_stores import (
    BareCodeStore,
    CodeStore,
    ColumnStore,
    DigestStore,
    RingStore,
    SubjectKeyStore,
    TextStore,
)


@dataclass(frozen=True)
class JsonStore(RingStore):
    """Sealed texts, and lists of them, inside a JSON column of another package's table."""

    field: str = ""
    names: tuple = ()
    place: str = ""

    def counts(self):
        found = {}
        for row in self._rows().only("pk", self.field).iterator():
            for name in {sealed_text.ring_key_of(text) for text in self._texts(row)} - {None}:
                found[name] = found.get(name, 0) + 1
        return found

    def _stale(self):
        rows = self._rows().only("pk", self.field).iterator()
        newest = key_ring().newest
        return self._rows().filter(
            pk__in=[
                row.pk
                for row in rows
                if any(sealed_text.ring_key_of(t) != newest for t in self._texts(row))
            ]
        )

    def _texts(self, row):
        values = [getattr(row, self.field).get(name) for name in self.names]
        return [text for value in values for text in (value if isinstance(value, list) else [value])
                if isinstance(text, str)]  # fmt: skip

    def _reseal_row(self, row):
        data = getattr(row, self.field)
        try:
            data |= {name: self._anew(data[name]) for name in self.names if data.get(name)}
        except crypto.CannotUnseal:
            return False
        row.save(update_fields=[self.field])
        return True

    def _anew(self, value):
        if isinstance(value, list):
            return [self._anew(each) for each in value]
        return sealed_text.seal(sealed_text.unseal(value, self.place), self.place)


@dataclass(frozen=True)
class SessionsStore(RingStore):
    """Sessions: they end within hours by themselves, and are not sealed again."""

    ends_alone = True

    def counts(self):
        found = {}
        store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
        live = Session.objects.filter(expire_date__gt=clock.now())
        for text in live.values_list("session_data", flat=True).iterator():
            name = _key_of_session(text, store.key_salt)
            if name is not None:
                found[name] = found.get(name, 0) + 1
        return found


def stores() -> list[RingStore]:
    """Every place that depends on the ring, subject keys first."""
    found = [SubjectKeyStore(SubjectKey, "subject keys")]
    for model in apps.get_models():
        found += _of(model)
    found.append(
        JsonStore(apps.get_model("mfa.Authenticator"), "secrets of second factors", field="data",
                  names=("secret", "seed", "migrated_codes"), place="mfa")
    )  # fmt: skip
    wait = "they end by themselves within a day, or their people sign in again"
    found.append(SessionsStore(Session, "sessions", wait))
    return found


def _of(model):
    for column in getattr(model, "ring_columns", ()):
        kind = CodeStore if issubclass(model, SealedCode) else ColumnStore
        what = column.what or model.codes_what
        if column.key:
            yield kind(model, what, column=column)
        else:
            yield TextStore(model, what, field=column.sealed, column=column)
    for digest in getattr(model, "ring_digests", ()):
        yield DigestStore(model, digest.what, digest.advice, digest)
    if issubclass(model, SealedCode):
        yield BareCodeStore(
            model, f"{model.codes_what} from before they were sealed",
            "they move when they are next used; issue new ones to those who do not come",
        )  # fmt: skip
    for field in model._meta.local_fields:
        if isinstance(field, SealedTextField):
            yield TextStore(model, f"texts of {model._meta.label}.{field.name}", field=field.name)


class _AsItLies:
    """A serializer for signing.loads that opens nothing."""

    @staticmethod
    def loads(data):
        return data.decode("ascii", "replace")


def _key_of_session(text, salt):
    try:
        return sealed_text.ring_key_of(signing.loads(text, salt=salt, serializer=_AsItLies))
    except signing.BadSignature:
        return None
