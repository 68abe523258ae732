"""Logging: one stream, the standard error, and one format for every process.

LOG_FORMAT (json or plain; JSON in production) is the format, LOG_LEVEL the lowest level.
docs/security/logs.md lists what each line holds.
"""


def logging_settings(level: str) -> dict:
    """Django's LOGGING. Security events are written whatever ``level`` is."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "apps.core.log_formats.formatter"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "django.request": {"level": "ERROR"},
            "csp": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},  # it logs the letters of every name it prints
            "security": {"level": "INFO"},
        },
    }
