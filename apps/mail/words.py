"""What people read of a mail in the list of those that did not arrive."""

NAMES = {
    "password_reset_code": "パスワードを決めなおすコード",
    "email_confirmation": "メールアドレスを確かめるコード",
    "email_confirmation_signup": "登録のときのコード",
    "account_already_exists": "すでに登録があるという案内",
    "unknown_account": "登録がないという案内",
    "login_code": "サインインのコード",
    "emergency": "緊急の閲覧の連絡",
}


def name_of(kind: str) -> str:
    """The kind of a mail in words."""
    return NAMES.get(kind, "お知らせ")
