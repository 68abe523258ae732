"""The sentences of the helpline that only staff read, where they are not on a staff page."""

from django.utils.translation import gettext_lazy as _

NAME_NEEDS_READING = _("漢字には読みを付けてください。例: %(example)s")
EXAMPLE_NAME = "｜山代《やましろ》 ｜先生《せんせい》"  # no sentence

# (subject without our prefix, body): neither who nor what; details only after sign-in.
MAIL = (
    _("見ていただきたいものがあります"),
    _(
        "加賀ポータルに、あなたに見ていただきたいものがあります。\n\n{url}\n\n"
        "内容は、サインインしてからだけ読めます。このメールには返信しないでください。\n"
    ),
)
MAIL_DRILL = (
    _("【練習】見ていただきたいものがあります"),
    _(
        "これは練習です。次のページを開いて「見ました」を押してください。\n\n{url}\n\n"
        "このメールには返信しないでください。\n"
    ),
)
