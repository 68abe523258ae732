"""A database connection lost during a request: pages are retried, forms answer 503."""

import sys

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.defaults import server_error as own_server_error

RETRY_AFTER_S = 5
SAFE_METHODS = ("GET", "HEAD")
LOST_SQLSTATES = ("08", "57P")  # of SQLSTATE: connection exceptions, the server is shutting down


class RetryReads:
    """Retries a page that was only read; a form is never sent twice by the server."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.method in SAFE_METHODS and getattr(response, "was_connection_lost", False):
            connection.close()
            return self.get_response(request)
        return response


def server_error(request: HttpRequest) -> HttpResponse:
    """503 where the connection was lost (nothing of an open transaction is kept), else 500."""
    if not _is_lost(sys.exc_info()[1]):
        return own_server_error(request)
    response = HttpResponse(loader.get_template("503.html").render(), status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    response.was_connection_lost = True
    return response


def _is_lost(error):
    """Whether the connection failed, and not the statement."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "sqlstate", None)  # None: the client itself noticed
    return code is None or code.startswith(LOST_SQLSTATES)
