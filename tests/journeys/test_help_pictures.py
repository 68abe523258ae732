"""The pictures of screens on the help pages, of a town of invented people.

``HELP_PICTURES=1`` writes them into static/help; without it only that each screen is there.
"""

import io
import os
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from PIL import Image

from apps.helpdesk.help_pages import HELP_PAGES
from tests.journeys.sample_town import furnish
from tests.journeys.test_page_widths import entered

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
SIZE = {"width": 390, "height": 585}
COLOURS = 32
# picture -> (who looks, the address)
SCREENS = {
    "card": ("", "signin:card_entry"),
    "letter": ("", "registration:letter_entry"),
    "sign-in": ("", "account_login"),
    "notifications": ("sakura", "push:settings"),
    "consent": ("midori", "consent:ask"),
}


def test_each_picture_is_of_a_screen(walker, cast, settings):
    town = furnish(cast, settings)
    assert {page.picture for page in HELP_PAGES} - {""} == SCREENS.keys()
    for name, (who, address) in SCREENS.items():
        browser = walker("phone", touch=True)
        browser.page.set_viewport_size(SIZE)
        cookies = entered(getattr(cast, who).user).cookies if who else {}
        browser.context.add_cookies(
            [{"name": c.key, "value": c.value, "url": browser.base} for c in cookies.values()]
        )
        args = [town.student.pk, "attendance"] if name == "consent" else []
        answer = browser.page.goto(f"{browser.base}{reverse(address, args=args)}")
        assert answer.status == 200, name
        if os.environ.get("HELP_PICTURES"):
            _keep(name, browser.page.screenshot())


def _keep(name, png):
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS)
    folder = Path(settings.BASE_DIR) / "static" / "help"
    folder.mkdir(exist_ok=True)
    picture.save(folder / f"{name}.png", optimize=True)
