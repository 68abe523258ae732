"""Where lines go and in which form: one stream, the standard error, of every process alike.

LOG_FORMAT (json or plain; JSON in production) says the form, LOG_LEVEL the least grave line.
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
            "fontTools": {"level": "WARNING"},  # names the letters of every name it prints
            "security": {"level": "INFO"},
        },
    }
