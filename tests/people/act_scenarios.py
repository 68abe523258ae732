"""Helpers that save admin forms as a browser does, and propose acts."""

from datetime import timedelta

from django.urls import reverse

from apps.people.models import PendingAct


def form_data(client, url):
    """What a browser would send back of an admin form as it stands."""
    form = client.get(url).context["adminform"].form
    found = {}
    for field in form:
        value = field.value()
        if value is None or value is False:
            continue
        found[field.html_name] = value.isoformat() if hasattr(value, "isoformat") else value
    return found


def save(client, row, **changes):
    """Change some fields of a row on its admin page and press 保存; the answer.

    A value of None unticks a box.
    """
    opts = row._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    data = form_data(client, url) | changes
    return client.post(url, {name: value for name, value in data.items() if value is not None})


def duty_form(client, url, **changes):
    """What a browser would send back of a duty roster's page, its hours and people with it."""
    page = client.get(url)
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    found = {}
    for field in (field for form in forms for field in form):
        value = field.value()
        if value is None or value is False:
            continue
        found[field.html_name] = value.isoformat() if hasattr(value, "isoformat") else value
    return found | changes


def propose(client, answer, reason="来年度の計画が 変わったため"):
    """Write the reason on the page that a save led to; the answer."""
    assert answer.status_code == 302, answer.content.decode()[:2000]
    page = client.get(answer.url)
    what = page.context["token"]
    return client.post(answer.url.partition("?")[0], {"what": what, "reason": reason})


def the_act():
    """The one PendingAct there is."""
    return PendingAct.objects.get()


DAY = timedelta(days=1, seconds=1)
