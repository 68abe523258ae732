"""The kind of device and browser of a request, as coarse as a person needs.

A code, "device.browser": never a version, a model or anything rare.
"""

from django.utils.translation import gettext as _

DEVICES = {  # code -> (what its User-Agent holds, what people call it); the first match counts
    "ipad": ("iPad", "iPad"),
    "iphone": ("iPhone", "iPhone"),
    "chromebook": ("CrOS", "Chromebook"),
    "android": ("Android", "Android"),
    "windows": ("Windows", "Windows"),
    # An iPad may call itself a Mac.
    "mac": ("Macintosh", "Mac・iPad"),  # no sentence
    "linux": ("Linux", "Linux"),
}
BROWSERS = {
    "edge": (("Edg",), "Edge"),
    "firefox": (("Firefox", "FxiOS"), "Firefox"),
    "chrome": (("CriOS", "Chrome"), "Chrome"),
    "safari": (("Safari",), "Safari"),
}
OTHER = "other"
CODES = [f"{device}.{browser}" for device in [*DEVICES, OTHER] for browser in [*BROWSERS, OTHER]]


def device_of(user_agent: str) -> str:
    """The code (one of CODES) of a User-Agent, whatever it says."""
    device = (code for code, (mark, _name) in DEVICES.items() if mark in user_agent)
    browser = (
        code for code, (marks, _name) in BROWSERS.items() if any(m in user_agent for m in marks)
    )
    return f"{next(device, OTHER)}.{next(browser, OTHER)}"


def device_words(code: str) -> str:
    """What people read: 「iPhone(Safari)」, 「端末」 where nothing is known."""
    device, _dot, browser = code.partition(".")
    words = DEVICES[device][1] if device in DEVICES else _("端末")
    return f"{words}({BROWSERS[browser][1]})" if browser in BROWSERS else words
