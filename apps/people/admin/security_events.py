"""Admin page of security events, for city staff and the privacy officer.

It is here because ``audit`` may not import ``people``.
"""

import re
from uuid import UUID

from django.contrib import admin
from django.db.models import Q

from apps.audit.models import PersonKind, SecurityEvent
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import Guardian, StaffPost, Student
from apps.people.permissions import municipalities_where
from apps.people.services.person_accounts import accounts_of_other_guardians

NAME_FIELDS = ("family_name", "given_name", "family_kana", "given_kana")
NETWORK_PATTERN = re.compile(r"[0-9a-f.:/]+", re.IGNORECASE)
DETAIL_LABELS = {  # labels of the parts of a detail
    "page": "生徒・保護者の画面", "card": "カード", "password": "パスワード", "totp": "認証アプリ", "webauthn": "セキュリティキー",
    "recovery_codes": "リカバリーコード", "again": "もう一度", "letter": "手紙", "first": "はじめて",
    "reset": "パスワードの作りなおし", "mail": "メールアドレス", "roster": "名簿",
    "factors_reset": "二人の職員が消した", "too_many_login_attempts": "サインイン",
    "device_lost": "端末をなくした", "student_with_letter": "生徒が保護者の手紙で", "somebody_else": "ほかの人のおそれ", "asked": "頼まれた",
    "for_many": "全員について二人で決めた", "no_way_in": "この入り方がない人", "others": "ほかの端末すべて",
}  # fmt: skip
PLACE_LABELS = {  # labels of the first part of a URL name or limit name
    "admin": "職員の画面", "signin": "サインイン", "registration": "保護者の登録", "staffing": "職員の担当", "account": "アカウントの画面", "mfa": "2段階の認証",
    "mail": "メール", "card": "カード", "letter": "手紙", "newcomer": "新しい保護者", "unsent": "書きかけ", "push": "通知",
    "self_info": "マイナポータル", "correction": "訂正の申し出", "correction_day": "訂正の申し出",
    "data": "データの写し", "delivery": "端末からの送信", "receipt": "控えの確認", "referral": "紹介への返事", "caller": "来た人・電話の人の確かめ", "family": "家族からの相談",
    "rate_limited": "回数の上限", "support": "使い方の質問", "school_account": "学校のアカウント", "lti": "学習ポータル", "myna": "マイナンバーカード", "staff_invitation": "職員の招待", "address": "メールアドレス",
}  # fmt: skip
OTHER_LABEL = "その他"  # a code without a label yet; the log keeps the code
FIRST_PART_PATTERN = re.compile(r"(?:account|mfa)(?=_)|[^.:]+")


@admin.register(SecurityEvent)
class SecurityEventAdmin(ReadOnlyAdmin):
    """Events of the officer's own municipality, and those that belong to no account.

    None of another guardian of the officer's own child.
    """

    view_verb = "security.view"
    list_display = ("at", "kind", "person_kind", "who", "network", "detail_words", "n")
    list_display_links = ("at",)
    list_filter = ("kind", "person_kind", "at")
    search_fields = ("network",)  # read by get_search_results
    search_help_text = "人の名前の一部、アカウントの番号(全部)、または「どこから」"
    list_per_page = 50
    ordering = ("-pk",)
    fields = readonly_fields = (
        "at", "last_at", "n", "kind", "person_kind", "who", "whom", "network", "detail_words",
    )  # fmt: skip

    def get_queryset(self, request):
        of_own_cities = Q(municipality_id__in=municipalities_where(request.user, self.view_verb))
        nobodys = Q(municipality_id=None, person_kind=PersonKind.NOBODY, user=None, target_id=None)
        family = accounts_of_other_guardians(request.user)
        found = super().get_queryset(request).filter(of_own_cities | nobodys)
        found = found.exclude(user__in=family).exclude(target_id__in=family)
        return found.select_related("user__student").prefetch_related(
            "user__guardian_set", "user__staff_posts"
        )

    def get_search_results(self, request, queryset, search_term):
        """Searches by account, target or address."""
        words = search_term.split()
        if not words:
            return queryset, False
        fits = (
            Q(network__startswith=words[0]) if NETWORK_PATTERN.fullmatch(words[0]) else Q(pk__in=[])
        )
        if (account := _as_uuid(words[0])) is not None:
            fits |= Q(user=account) | Q(target_id=account)
        cities = municipalities_where(request.user, self.view_verb)
        for accounts in _accounts_named(words, cities):
            fits |= Q(user__in=accounts) | Q(target_id__in=accounts)
        return queryset.filter(fits), False

    @admin.display(description="だれ")
    def who(self, event):
        return _name_of(event.user) if event.user_id else "—"

    @admin.display(description="だれに")
    def whom(self, event):
        if event.target_id is None:
            return "—"
        found = Student.objects.filter(Q(pk=event.target_id) | Q(user=event.target_id)).first()
        found = found or Guardian.objects.filter(user=event.target_id).first()
        post = None if found else StaffPost.objects.filter(user=event.target_id).first()
        return found.full_name if found else (post.name if post else str(event.target_id))

    @admin.display(description="くわしく", ordering="detail")
    def detail_words(self, event):
        return detail_in_words(event.detail)


def detail_in_words(detail: str) -> str:
    """A detail in words; "" for none. A code without a label is OTHER."""
    return "・".join(_part_in_words(part) for part in detail.split("+")) if detail else ""


def _part_in_words(part):
    found = FIRST_PART_PATTERN.match(part)
    return DETAIL_LABELS.get(part) or PLACE_LABELS.get(found.group() if found else "", OTHER_LABEL)


def _accounts_named(words, cities):
    """Querysets of account ids whose person's name contains every word."""
    for model, names in ((Student, NAME_FIELDS), (Guardian, NAME_FIELDS), (StaffPost, ("name",))):
        fits = Q(municipality__in=cities, user__isnull=False)
        for word in words:
            fits &= Q(*[(f"{name}__icontains", word) for name in names], _connector=Q.OR)
        yield model.objects.filter(fits).values("user")


def _name_of(user):
    """The name of the account's person; the id where there is no such person any more."""
    if user is None:
        return "(いまはないアカウント)"
    if hasattr(user, "student"):
        return user.student.full_name
    posts, guardians = list(user.staff_posts.all()), list(user.guardian_set.all())
    if posts:
        return posts[0].name
    return guardians[0].full_name if guardians else f"アカウント {str(user.pk)[:8]}"


def _as_uuid(text):
    try:
        return UUID(text)
    except ValueError:
        return None
