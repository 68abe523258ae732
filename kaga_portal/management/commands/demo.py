"""Creates the trial school (once) and prints how to sign in."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from kaga_portal.demo import builder, sign_ins


class Command(PortalCommand):
    help = "Invent the trial school; running it again changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("--codes", action="store_true", help="only print the sign-ins")

    def handle(self, *args, **options):
        if settings.IS_PRODUCTION:
            raise CommandError("Invented people have no place in production.")
        call_command("init_share_store", only_first=True, verbosity=0)
        if not options["codes"]:
            builder.build_demo(say=lambda line: self.stdout.write(f"demo: {line}"))
        if options["codes"]:
            self.stdout.write(sign_ins.sign_ins_as_text())
