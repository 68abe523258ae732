"""Labels of mails in the list of failed ones."""

KIND_LABELS = {
    "password_reset_code": "パスワードを決めなおすコード",
    "email_confirmation": "メールアドレスを確かめるコード",
    "email_confirmation_signup": "登録のときのコード",
    "account_already_exists": "すでに登録があるという案内",
    "unknown_account": "登録がないという案内",
    "login_code": "サインインのコード",
    "email_added": "メールアドレスが足されたという知らせ",
    "email_changed": "主なメールアドレスが変わったという知らせ",
    "email_deleted": "メールアドレスが消されたという知らせ",
    "password_changed": "パスワードが変わったという知らせ",
    "password_reset": "パスワードが作りなおされたという知らせ",
    "password_set": "パスワードが決まったという知らせ",
    "totp_activated": "認証アプリが登録されたという知らせ",
    "totp_deactivated": "認証アプリが外されたという知らせ",
    "webauthn_added": "セキュリティキーが登録されたという知らせ",
    "webauthn_removed": "セキュリティキーが外されたという知らせ",
    "myna_linked": "マイナンバーカードとつながった知らせ",
    "myna_unlinked": "マイナンバーカードとのつながりが外れた知らせ",
    "new_device": "新しい端末でのサインインの知らせ",
    "recovery_codes_generated": "リカバリーコードが作られたという知らせ",
    "staff_invitation": "職員としての招待",
    "staff_post": "担当が増えたという知らせ",
    "first_two": "市の担当者を決める手続きの知らせ",
    "renewal": "担当を続けるかを確かめる知らせ",
    "factors_reset": "2段階の認証がなくされたという知らせ",
    "ledger_checkpoint": "台帳の確認点",
    "sessions_ended": "サインインが終わったという知らせ",
    "access_restored": "学校がメールアドレスを変えたという知らせ",
    "registrations_waiting": "確かめを待つ保護者がいるという知らせ",
    "registration_to_call": "管理職の連絡を待つ保護者がいるという知らせ",
    "support_confirm": "質問の返事の宛先を確かめる知らせ",
    "sign_in_guide": "サインインのしかたの知らせ",
    "support_reply": "使い方の質問への返事",
    "emergency": "緊急の閲覧の連絡",
}


def kind_label(kind: str) -> str:
    """The kind of a mail in words."""
    return KIND_LABELS.get(kind, "お知らせ")
