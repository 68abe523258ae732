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
            with path.open("rb") as file:
                self._take(file, path.name, options)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error

    def _take(self, file, name, options):
        if options["dry_run"]:
            taken = services.check_roster(file, name, by=None)
        else:
            allowed = options["allow_many_gone"]
            taken = services.take_roster(file, name, by=None, allow_many_gone=allowed)
        self._tell(taken.report)
        if taken.state == ImportState.REFUSED:
            raise CommandError(f"{name} was refused: {taken.report['n_problems']} problem(s).")
        if taken.state == ImportState.IMPORTED:
            self.stdout.write(self.style.SUCCESS(f"{name} was imported."))
            return
        services.forget(taken, by=None)
        if not options["dry_run"]:
            raise CommandError(
                "More than a fifth of the students would vanish; if that is right, "
                "add --allow-many-gone."
            )
        self.stdout.write("Dry run: nothing was changed.")

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
