"""How to sign in to the invented school: stored in var/, printed at start, never in production."""

import json
import os
import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings

from kaga_portal.demo.invented_people import GRANDMOTHER, MUNICIPALITY_CODE, NEWCOMER

PASSWORD = "mihon-no-aikotoba"  # noqa: S105 - of invented people only
PIN = "2580"
CODE_PERIOD_S = 30
STAFF_EMAILS = {
    "city": "shi@mihon.example",
    "principal": "kocho@mihon.example",
    "homeroom": "tannin@mihon.example",
    "nurse": "hokenshitsu@mihon.example",
    "counsellor": "soudan@mihon.example",
    "social_worker": "ssw@mihon.example",
    "office": "jimu@mihon.example",
    "helpdesk": "helpdesk@mihon.example",
    "privacy": "hogo@mihon.example",
}
GUARDIAN_EMAIL = "hogosha@mihon.example"
CONFIRM_PATH = (
    # confirms guardians who registered with a letter
    "/admin/registration/guardianregistration/waiting/"
)


def _file():
    instance = os.environ.get("KAGA_INSTANCE", "portal")
    return settings.BASE_DIR / "var" / f"demo-signins-{instance}.json"


def store_sign_ins(**values):
    """Store what is only known when it is created (a card's code, a second factor's secret)."""
    known = {**load_sign_ins(), **values}
    file = _file()
    file.touch(mode=0o600)
    file.write_text(json.dumps(known, ensure_ascii=False, indent=1))


def load_sign_ins():
    """What was stored, {} before the first start."""
    return json.loads(_file().read_text()) if _file().exists() else {}


def one_time_code(secret, now=None):
    """The present six digits (RFC 6238), valid for the rest of this half minute."""
    return format_hotp_value(hotp_value(secret, int((now or time.time()) // CODE_PERIOD_S)))


def sign_ins_as_text():
    """The sign-ins as printed in the terminal."""
    known = load_sign_ins()
    url = settings.PORTAL_URL
    lines = [
        "",
        "━" * 78,
        f"  加賀ポータル(体験用・人も記録もすべて架空)   {url}/",
        "━" * 78,
        f"  生徒     {url}/c/#{known.get('card_code', '?')}    暗証番号 {PIN}",
        f"  保護者   {url}/accounts/login/    {GUARDIAN_EMAIL}    {PASSWORD}",
        f"  保護者   {NEWCOMER}(子どもの手紙で来て、確認を待つ)・{GRANDMOTHER}(祖母、知らせるだけ)",
        f"  手紙     {url}/g/#{known.get('letter_code', '?')}    (まだ登録していない保護者)",
        f"  子の手紙 {url}/g/#{known.get('child_letter_code', '?')}    (名簿に名前のない保護者)",
        f"           登録したら、養護教諭({STAFF_EMAILS['nurse']})が {url}{CONFIRM_PATH} で確かめます",
        "           (「知らせない」を選んだら二人: 管理職も同じ画面で確かめます)",
        f"  職員     {url}/admin/    あいことば {PASSWORD}    認証コードは30秒で変わります:",
    ]
    for role, email in STAFF_EMAILS.items():
        secret = known.get("totp", {}).get(role)
        lines.append(f"    {role:<14}{email:<28}{one_time_code(secret) if secret else '?'}")
    lines += [
        '  新しい認証コード:  make manage ARGS="demo --codes"',
        f"  届いた通知(代役の配信サービス): {settings.PUSH_SANDBOX_ORIGIN or '-'}/",
        f"  マイナポータルの代役: {settings.SELF_INFO_SANDBOX_URL or '-'}/",
        f"  出欠CSVを置く場所: {settings.SOURCE_URL}/{MUNICIPALITY_CODE}",
        "  Ctrl-C で すべて止まります。",
        "━" * 78,
    ]
    return "\n".join(lines)
