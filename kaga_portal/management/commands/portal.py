"""Runs the trial portal: servers, stand-ins, demo people, web, worker and beat; Ctrl-C stops all."""

from apps.core.commands import PortalCommand
from kaga_portal.supervisor import Supervisor


class Command(PortalCommand):
    help = "Run the whole portal with invented people. For trying it, not for production."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000, help="first port to try (8000)")

    def handle(self, *args, **options):
        Supervisor(first_port=options["port"], out=self.stdout).run()
