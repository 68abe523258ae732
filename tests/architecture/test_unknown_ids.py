"""Admin URLs with unknown ids are answered without server error."""

import pytest
from django.contrib import admin
from django.urls import reverse


@pytest.mark.parametrize("what", ["widgets.css", "%E3%81%82"])
@pytest.mark.parametrize("who", ["officer", "principal", "nurse"])
def test_a_row_that_there_is_not_is_no_fault(cast, sign_in, who, what):
    client, n_asked = sign_in(getattr(cast, who).user), 0
    for model in admin.site._registry:
        opts = model._meta
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        answer = client.get(f"{url}{what}/change/")
        assert answer.status_code in (302, 403, 404), url
        n_asked += answer.status_code != 403
    assert n_asked > 5
