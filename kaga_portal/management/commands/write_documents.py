"""Writes the diagrams and tables of docs/ that are made from the code."""

from django.core.management.base import BaseCommand, CommandError

from kaga_portal.generated_documents import stale_documents


class Command(BaseCommand):
    help = "Write the diagrams and tables of docs/ that are made from the code."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="only say which ones differ")

    def handle(self, *, check, **options):
        stale = stale_documents()
        if check and stale:
            names = ", ".join(str(path) for path in stale)
            raise CommandError(f"differ from the code: {names}. Run make docs.")
        for path, text in stale.items():
            path.write_text(text, "utf-8")
            self.stdout.write(str(path))
