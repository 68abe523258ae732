"""What staff read where a sign-in service could not be tested."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NO_ANSWER = _("つながりません。少し待って、もう一度試してください。")
FAULTS = {
    "AddressRefused": _("この相手先は、運用者が許していません(SIGN_IN_HOSTS)。"),
    "ResponseTooSlow": _("時間内に返事がありませんでした。"),
    "UntrustedCertificate": _("相手の証明書を確かめられません。"),
    "issuer": _("返ってきた設定が、ほかの相手先のものです。入れた値を確かめてください。"),
    "endpoints": _("返ってきた設定に、使えない番地があります。"),
    "no_keys": _("相手の公開鍵を読めません。"),
    "no_json": _("返ってきたものが設定ではありません。"),
    "status_400": _("この相手先はありません。入れた値を確かめてください。"),
    "status_404": _("この相手先はありません。入れた値を確かめてください。"),
}


def fault_in_words(code: str) -> str | Promise:
    """The sentence for the code of a ServiceFailed."""
    return FAULTS.get(code, NO_ANSWER)
