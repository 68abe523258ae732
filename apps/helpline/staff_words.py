"""The sentences of the helpline that only staff read, where they are not on a staff page."""

from django.utils.translation import gettext_lazy as _

NAME_NEEDS_READING = _("漢字には読みを付けてください。例: %(example)s")
EXAMPLE_NAME = "｜山代《やましろ》 ｜先生《せんせい》"  # no sentence

# -- the city's route
ROUTE_PEOPLE_DIFFER = _("はじめの人・つぎの人・さいごの人は、それぞれ別の人にしてください。")
ROUTE_LAST_OUTSIDE = _("さいごの人は、学校の外ではたらく人にしてください。")
ROUTE_NOT_YOURS = _("この自治体の相談先を決める立場ではありません。")
ROUTE_SECOND_PERSON = _("決めた人とは別の、個人情報保護の担当が確かめます。")
ROUTE_DROP_NOT_YOURS = _("この変更を取りやめる立場ではありません。")
ROUTE_DECIDED = _("この変更は、もう決まっています。")
ROUTE_NEEDS_TWO_BODIES = _("ちがうところではたらく人を、2人以上決めてください。")

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
