"""Which keys of the environment are still needed, by what, and until when."""

from apps.core.commands import PortalCommand
from apps.vault.models import EnvironmentKey, KeyKind
from apps.vault.services import environment_keys as vault_environment_keys
from apps.vault.services.environment_keys import environment_keys
from apps.vault.services.ring_usage import describe_older_key_usage
from kaga_portal.key_checks import devices_left_behind, needed_until


class Command(PortalCommand):
    help = "Say of every older key of the environment what still needs it, and until when."

    def handle(self, **options):
        vault_environment_keys.record_environment_keys()
        for sentence in [*describe_older_key_usage(), *_fallbacks(), *devices_left_behind()]:
            self.stdout.write(sentence)


def _fallbacks():
    names = [name for name, _ in environment_keys()[KeyKind.SECRET]][1:]
    for row in EnvironmentKey.objects.filter(kind=KeyKind.SECRET, name__in=names).order_by(
        "seen_at"
    ):
        yield (
            f"SECRET_KEY_FALLBACKS holds {row.name}: answers on tablets need it until "
            f"{needed_until(row):%Y-%m-%d}."
        )
