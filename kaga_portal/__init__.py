"""Wires the project: settings, urls, the clock."""

from kaga_portal.celery import app as celery_app

__all__ = ("celery_app",)
