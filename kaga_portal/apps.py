"""The project's own app: the demo, the supervisor and the admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from kaga_portal.backend_checks import check_database_role
from kaga_portal.catalogues.files import compile_stale
from kaga_portal.checks import check_settings


def _check_keys(**kwargs):
    """The check of kaga_portal.key_checks, which needs the models."""
    return import_string("kaga_portal.key_checks.check_keys")(**kwargs)


def _check_share_server(**kwargs):
    """The check of kaga_portal.key_checks about the server of key shares."""
    return import_string("kaga_portal.key_checks.check_share_server")(**kwargs)


class KagaPortalConfig(AppConfig):
    name = "kaga_portal"
    verbose_name = "加賀ポータル"

    def ready(self):
        try:
            compile_stale()  # before any sentence is translated: this is the first app
        except OSError as error:
            raise ImproperlyConfigured(
                f"the catalogues of sentences could not be compiled (python -m "
                f"kaga_portal.catalogues, where locale/ can be written): {error}"
            ) from error
        checks.register(check_settings)
        checks.register(_check_keys, deploy=True)
        checks.register(_check_share_server, deploy=True)
        checks.register(check_database_role, deploy=True)


class KagaAdminConfig(AdminConfig):
    default_site = "kaga_portal.admin.KagaAdminSite"
