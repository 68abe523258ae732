"""Runs the stand-in push service on loopback."""

from aiohttp import web
from django.core.management.base import BaseCommand

from apps.sandbox.push_service import make_app


class Command(BaseCommand):
    help = "Run the stand-in push service (for trying the portal)."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument(
            "--file", default=":memory:", help="sqlite file that survives a restart"
        )

    def handle(self, *args, **options):
        origin = f"http://127.0.0.1:{options['port']}"
        app = make_app(origin, options["file"])
        web.run_app(app, host="127.0.0.1", port=options["port"], print=None, access_log=None)
