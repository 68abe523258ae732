"""Imports a roster zip from the command line. Exit 0: imported (or valid, when only checked); 1:
refused.
"""

from pathlib import Path

from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from apps.roster.models import ImportState
from apps.roster.services import import_conditions, imports


class Command(PortalCommand):
    help = "Import a OneRoster Japan-Profile zip: all of it or nothing."

    def add_arguments(self, parser):
        parser.add_argument("zip", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="look, change nothing")
        parser.add_argument(
            "--allow-many-gone", action="store_true",
            help="import although more than 5% of a school vanish",
        )  # fmt: skip
        parser.add_argument(
            "--allow-other-year", action="store_true",
            help="import although it is not a roster of today's school year",
        )  # fmt: skip
        parser.add_argument(
            "--allow-code-moves", default="", metavar="DIGEST",
            help="import although these codes of students change, as the refusal names them",
        )  # fmt: skip
        for answer, meaning in (
            (
                "same",
                "is the person of now: the master identifier was corrected, or the name changed",
            ),
            ("other", "is another person than that of now"),
        ):
            parser.add_argument(
                f"--{answer}", action="append", default=[], metavar="ROW",
                help=f"the row (as a question names it, students-5-0a1b2c3d4e5f) {meaning}",
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
            imported = imports.check_roster(file, name, by=None)
        else:
            imported = imports.check_and_import_roster(
                file, name, by=None, approval=_approval_in(options)
            )
        self._tell(imported.report)
        if imported.state == ImportState.REFUSED:
            raise CommandError(f"{name} was refused: {imported.report['n_problems']} problem(s).")
        if imported.state == ImportState.IMPORTED:
            self.stdout.write(self.style.SUCCESS(f"{name} was imported."))
            return
        imports.drop_import(imported, by=None)
        if not options["dry_run"]:
            raise CommandError(f"{name} was not imported. {' '.join(_missing(imported.report))}")
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
        if report["school_year"]:
            self.stdout.write(f"school year: {report['school_year']}")
        if report["switched_off"]:
            self.stdout.write(f"sign-in switched off (enabledUser): {report['switched_off']}")
        for question in report["questions"]:
            self.stderr.write(
                f"question: {question['file']}:{question['line']}: {question['case']}: {_case_text(question)}; "
                f"--same {question['key']} or --other {question['key']}"
            )
        self._write_codes(report["code_changes"])
        for name, counts in report["counts"].items():
            counted = ", ".join(f"{number} {approval}" for approval, number in counts.items())
            self.stdout.write(f"{name}: {counted}")

    def _write_codes(self, code_changes):
        """Print which rows change a present student's code, without the codes."""
        if not code_changes.get("number"):
            return
        for line in code_changes["lines"]:
            self.stderr.write(f"code move: users.csv:{line}: the student has another code now")
        self.stderr.write(
            f"code moves: {code_changes['number']}; --allow-code-moves {code_changes['digest']} allows these"
        )


def _approval_in(options):
    return import_conditions.ImportApproval(
        allow_many_gone=options["allow_many_gone"],
        allow_other_year=options["allow_other_year"],
        code_changes=options["allow_code_moves"],
        answers={key: answer for answer in ("same", "other") for key in options[answer]},
    )


def _case_text(question):
    if question["case"] == "renamed":
        return "the given name is not that of the person with this master identifier now"
    return "the sourcedId belongs to another person now"


def _missing(report):
    """What to do about a waiting roster, in English: the report's own sentences are for the page."""
    found = {
        "year": "It is not of today's school year; if that is right, add --allow-other-year.",
        "numbering": "Too many rows have the identifiers of other people; export it anew.",
        "questions": "It may take one person for another; answer each question above.",
        "many_gone": "More than 5% of a school would vanish; if that is right, add --allow-many-gone.",
        "code_changes": "Student codes would change, and files find students by them; check the rows"
        f" above; if they are right, add --allow-code-moves {report['code_changes'].get('digest')}.",
    }
    return [found[reason] for reason in report["waits_for"]]
