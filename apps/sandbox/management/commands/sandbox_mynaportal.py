"""Runs the stand-in for マイナポータル on the loopback."""

from aiohttp import web
from django.core.management.base import BaseCommand

from apps.sandbox.mynaportal import application


class Command(BaseCommand):
    help = "A stand-in for MynaPortal's self-info API for trying the portal; loopback only."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, required=True)

    def handle(self, *args, port, **options):
        web.run_app(application(), host="127.0.0.1", port=port, print=None, access_log=None)
