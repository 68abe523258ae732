"""The mail to the party that keeps the portal's checkpoints."""

from django.utils.translation import gettext_lazy as _

GIVEN_SUBJECT = _("台帳の確認点 %(number)s(保管してください)")
GIVEN_BODY = _("""\
%(portal)s の記録(同意の返事、だれが何を見たか)が、あとから書きかえられていないことを確かめるための確認点です。
このメールを、消さずに保管してください。個人の情報は入っていません。

確かめるときは、下の { から } までを(このメールの本文ごとでもかまいません)ファイルにして、サーバーで
python manage.py verify_ledger --against ファイル名
を実行します。この確認点より前の記録が変わっていれば、そのことが出ます。

%(file)s""")
