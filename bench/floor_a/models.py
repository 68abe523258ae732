"""One table, one row a check-in."""

from django.conf import settings
from django.db import models


class BaselineAnswer(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    client_key = models.UUIDField()
    body = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return str(self.client_key)
