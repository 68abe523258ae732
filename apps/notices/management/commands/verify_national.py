"""verify_national [NAME --source URL]: lists the national organisations, or notes a check of one."""

from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from apps.core.templatetags.japanese import plain
from apps.notices.services.national_organisations import national_organisations, verify_national
from apps.notices.services.publication_rules import PublicationRefused


class Command(PortalCommand):
    help = (
        "Lists the national organisations with the day of their last check. With NAME and --source: "
        "notes that every line of it was compared with the source today. Every city shows them, so "
        "that no single one verifies them; after 180 days no notice can name them."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", nargs="?", default="", help="its name, without readings")
        parser.add_argument("--source", default="", help="the address that was read")

    def handle(self, *, name, source, **options):
        if name:
            try:
                verify_national(name, source_url=source)
            except PublicationRefused:
                raise CommandError(
                    "Give the name as the list shows it, and --source with what was read."
                ) from None
        for one in national_organisations():
            is_due = "to verify" if one.is_stale else ""
            self.stdout.write(
                f"{str(one.verified_on or '-'):10} {plain(one.name)} {is_due}".rstrip()
            )
