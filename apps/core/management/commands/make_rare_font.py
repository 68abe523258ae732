"""Makes static/fonts/rare.woff2: run after the font's package was updated."""

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.core.fonts import rare_font


class Command(BaseCommand):
    help = "Write the web font of the characters and variants that few fonts have."

    def handle(self, **options):
        path = settings.BASE_DIR / "static" / "fonts" / "rare.woff2"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(rare_font())
        self.stdout.write(f"{path}: {path.stat().st_size} bytes")
