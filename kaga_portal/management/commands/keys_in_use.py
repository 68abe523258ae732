"""Which keys of the environment are still needed, by what, and until when."""

from django.core.management.base import BaseCommand

from apps.vault import services as vault
from apps.vault.models import KeyKind, KnownKey
from apps.vault.services.recorded_keys import keys_now
from apps.vault.services.ring_checks import say_what_hangs
from kaga_portal.key_checks import devices_to_come, needed_until


class Command(BaseCommand):
    help = "Say of every older key of the environment what still needs it, and until when."

    def handle(self, **options):
        vault.note_keys()
        for sentence in [*say_what_hangs(), *_fallbacks(), *devices_to_come()]:
            self.stdout.write(sentence)


def _fallbacks():
    names = [name for name, _ in keys_now()[KeyKind.SECRET]][1:]
    for row in KnownKey.objects.filter(kind=KeyKind.SECRET, name__in=names).order_by("seen_at"):
        yield (
            f"SECRET_KEY_FALLBACKS holds {row.name}: answers on tablets need it until "
            f"{needed_until(row):%Y-%m-%d}."
        )
