"""Imports a roster zip from the command line. Exit 0: imported (or fine); 1: refused."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from apps.signin import services
from apps.signin.models import ImportState


class Command(BaseCommand):
    help = "Import a OneRoster Japan-Profile zip: all of it or nothing."

    def add_arguments(self, parser):
        parser.add_argument("zip", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="look, change nothing")
        parser.add_argument(
            "--allow-many-gone", action="store_true",
            help="import although more than a fifth of the students vanish",
        )  # fmt: skip

    def handle(self, *args, **options):
        path = options["zip"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        checked = services.check_roster(content, path.name, by=None)
        self._tell(checked.report)
        if checked.state == ImportState.REFUSED:
            raise CommandError(
                f"{path.name} was refused: {checked.report['n_problems']} problem(s)."
            )
        if options["dry_run"]:
            services.forget(checked, by=None)
            self.stdout.write("Dry run: nothing was changed.")
            return
        try:
            services.import_roster(checked, by=None, allow_many_gone=options["allow_many_gone"])
        except services.CannotImport as error:
            services.forget(checked, by=None)
            raise CommandError(
                f"{error}\nMore than a fifth of the students would vanish; if that is right, "
                "add --allow-many-gone."
            ) from error
        self.stdout.write(self.style.SUCCESS(f"{path.name} was imported."))

    def _tell(self, report):
        for kind in ("notes", "problems"):
            for found in report[kind]:
                place = ":".join(
                    str(found[part]) for part in ("file", "line", "column") if found[part]
                )
                (self.stderr if kind == "problems" else self.stdout).write(
                    f"{kind[:-1]}: {place}: {found['reason']}"
                )
        for name, counts in report["counts"].items():
            told = ", ".join(f"{number} {word}" for word, number in counts.items())
            self.stdout.write(f"{name}: {told}")
