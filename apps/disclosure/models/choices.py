"""The values that columns of this app may hold, and their labels."""

from django.db import models


class CorrectionState(models.TextChoices):
    ASKED = "asked", "届いた"
    SEEN = "seen", "見た"
    ANSWERED = "answered", "答えた"


class CorrectionSubject(models.TextChoices):
    """What a correction request can be about, besides the data of a purpose."""

    ROSTER = "roster", "名簿"
