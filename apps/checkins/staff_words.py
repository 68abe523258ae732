"""The sentences about check-ins that only staff read."""

from django.utils.translation import gettext_lazy as _

KEPT_FROM_SOMEBODY = _("〔この言葉を見せたくない職員がいます。ほかの職員に話さないでください〕")
