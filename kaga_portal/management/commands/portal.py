"""Runs the trial portal: servers, stand-ins, demo people, web, worker and beat; Ctrl-C stops all."""

from django.core.management.base import BaseCommand

from kaga_portal.supervisor import Supervisor


class Command(BaseCommand):
    help = "Run the whole portal with invented people. For trying it, not for production."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000, help="first port to try (8000)")

    def handle(self, *args, **options):
        Supervisor(first_port=options["port"], out=self.stdout).run()
