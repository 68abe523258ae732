"""Runs the stand-in LRS on the loopback."""

from aiohttp import web
from django.core.management.base import BaseCommand

from apps.sandbox.lrs import application


class Command(BaseCommand):
    help = "A small xAPI 1.0.3 Learning Record Store for trying the portal; loopback only."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--file", required=True, help="SQLite file for the statements")

    def handle(self, *args, port, file, **options):
        web.run_app(application(file), host="127.0.0.1", port=port, print=None, access_log=None)
