"""The page shown in place of one that needs a share while the share store is unavailable."""

from django.shortcuts import render

from apps.vault.shares import StoreUnavailable

RETRY_AFTER_S = 120


class StoreUnavailablePage:
    """Answers 503 with a sentence: the transaction was rolled back, nothing was written."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        """Django's hook: a page for StoreUnavailable, nothing for any other exception."""
        if not isinstance(exception, StoreUnavailable):
            return None
        page = render(request, "vault/store_unavailable.html", status=503)
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
        return page
