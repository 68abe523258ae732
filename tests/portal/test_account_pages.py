"""allauth's pages in our templates: Japanese, our shell, nothing inline."""

import re
import time

import pytest
from allauth.account.internal.userkit import user_id_to_str
from allauth.account.models import EmailAddress
from django.template import Context, Origin, Template
from django.urls import reverse

OPEN = ["account_login", "account_reset_password"]
SIGNED_IN = ["account_email", "account_logout", "mfa_index"]
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son\w+=")


@pytest.mark.parametrize("name", OPEN)
def test_open_pages_wear_our_shell(client, db, name):
    text = client.get(reverse(name)).content.decode()
    assert 'lang="ja"' in text
    assert "css/portal.css" in text
    assert not INLINE.search(text)


@pytest.mark.parametrize("name", SIGNED_IN)
def test_pages_of_a_guardian_wear_our_shell(cast, sign_in, name):
    text = _freshly_signed_in(sign_in, cast.midori.user).get(reverse(name)).content.decode()
    assert "css/portal.css" in text
    assert not INLINE.search(text)


def test_the_second_factor_page_shows_a_code_to_scan(cast, sign_in):
    # Setting it up asks for a fresh password first; both pages are ours.
    answer = sign_in(cast.midori.user).get(reverse("mfa_activate_totp"), follow=True)
    assert answer.status_code == 200
    assert not INLINE.search(answer.content.decode())


def test_a_wrong_password_is_told_in_japanese_and_keeps_the_address(client, cast):
    typed = {"login": "midori@example.com", "password": "wrong-password"}
    text = client.post(reverse("account_login"), typed).content.decode()
    assert "まちがいが" in re.sub(r"<[^>]+>", "", text)
    assert 'value="midori@example.com"' in text


def _freshly_signed_in(sign_in, person):
    client = sign_in(person)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = user_id_to_str(person)
    session.save()
    return client


def test_the_secret_of_a_second_factor_can_be_copied(cast, sign_in):
    page = _freshly_signed_in(sign_in, cast.midori.user).get(reverse("mfa_activate_totp"))
    assert re.search(r'<strong class="code">[A-Z2-7]{16,}</strong>', page.content.decode())


def test_the_chosen_address_is_chosen_and_named_by_its_label(cast, sign_in):
    person = cast.midori.user
    for address, first in (("midori@example.com", True), ("zwei@example.com", False)):
        EmailAddress.objects.create(user=person, email=address, primary=first, verified=True)
    text = _freshly_signed_in(sign_in, person).get(reverse("account_email")).content.decode()
    radios = re.findall(r'<label>\s*<input[^>]*type="radio"[^>]*>.*?</label>', text, re.DOTALL)
    assert len(radios) == 2
    chosen = [radio for radio in radios if "checked" in radio]
    assert len(chosen) == 1 and "midori@example.com" in chosen[0].split(">", 2)[2]


FIELD = '{% load allauth %}{% element field type=kind id="f" name="f" value=value errors=errors '
ATTRIBUTES = "placeholder=said autocomplete=said required=on disabled=off checked=on rows=3 %}"
SLOTS = "{% slot label %}L{% endslot %}{% slot value %}V{% endslot %}{% slot help_text %}H"


@pytest.mark.parametrize("kind", ["text", "textarea", "checkbox", "radio", "tel"])
def test_no_attribute_of_a_field_is_lost(kind):
    origin = Origin("field", template_name="field.html")
    template = Template(f"{FIELD}{ATTRIBUTES}{SLOTS}{{% endslot %}}{{% endelement %}}", origin)
    values = {"kind": kind, "value": "v0", "errors": ["E"], "said": "s", "on": True, "off": False}
    text = template.render(Context(values))
    control = re.search(r"<(input|textarea)[^>]*>", text).group(0)
    for part in ('name="f"', 'placeholder="s"', 'autocomplete="s"', "required", 'rows="3"'):
        assert part in control
    assert "checked" in control and "readonly" not in control
    assert 'aria-describedby="f_error"' in control and "E</p>" in text and "H</p>" in text
    assert (">V</textarea>" in text) if kind == "textarea" else ('value="v0"' in control)
