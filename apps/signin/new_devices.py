"""Mails the owner of an account about a sign-in on a device that it did not know.

Nothing is said of places or addresses; the kind of device is as coarse as on the page of sign-ins.
"""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from apps.core import clock
from apps.core.templatetags.japanese import day
from apps.core.time_zone import JST
from apps.core.user_agents import device_of, device_words
from apps.people.languages import speaking_to
from apps.people.models import User
from apps.people.normalisation import normalise_mail
from apps.signin import account_mail, known_devices, words


def note_device(
    request: HttpRequest, response: HttpResponse, user: User, *, is_first: bool
) -> None:
    """Remember the device of a sign-in; mail its owner where it is new and not the first one."""
    address = normalise_mail(user.email)
    is_new = not known_devices.known_device_id(request, address)
    known_devices.remember_device(request, response, address)
    if not is_new or is_first:
        return
    at = clock.now().astimezone(JST)
    with speaking_to(user):
        facts = {
            "device": device_words(device_of(request.headers.get("User-Agent", ""))),
            "when": f"{day(at)} {at:%H:%M}",
        }
        text = gettext(words.NEW_DEVICE.text) % facts
        account_mail.mail_user(user, "new_device", str(words.NEW_DEVICE.subject), text)
