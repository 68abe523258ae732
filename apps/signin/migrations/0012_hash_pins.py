"""PINs that lie as bare keyed digests get a password hash over them; their key stays the same."""

from datetime import timedelta

from django.db import migrations
from django.db.models.functions import Now

from apps.signin import pin_hashes

AT_ONCE = 500
UNUSED_DAYS = 30


def hash_pins(apps, schema_editor):
    cards = apps.get_model("signin", "LoginCard").objects
    rows = cards.exclude(pin_digest=None).only("pin_digest").order_by("pk")
    some = []
    for card in rows.iterator(AT_ONCE):
        kept = bytes(card.pin_digest)
        if not pin_hashes.is_current(kept):
            card.pin_digest = pin_hashes.hash_of(kept)
            some.append(card)
        if len(some) >= AT_ONCE:
            cards.bulk_update(some, ["pin_digest"])
            some = []
    cards.bulk_update(some, ["pin_digest"])


def begin_to_count(apps, schema_editor):
    """A card that was never used so far has its days from now."""
    cards = apps.get_model("signin", "LoginCard").objects
    unused = cards.filter(revoked_at=None, pin_digest=None, unused_until=None)
    unused.update(unused_until=Now() + timedelta(days=UNUSED_DAYS))


class Migration(migrations.Migration):
    dependencies = [("signin", "0011_cards_that_end_unused")]
    operations = [
        migrations.RunPython(hash_pins, migrations.RunPython.noop),
        migrations.RunPython(begin_to_count, migrations.RunPython.noop),
    ]
