"""The values that columns of this app may hold, and their labels."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EmergencyVerdict(models.TextChoices):
    JUSTIFIED = "justified", "妥当だった"
    NOT_JUSTIFIED = "not_justified", "妥当ではなかった"


class IdentifierKind(models.TextChoices):
    """How a school's file may identify a student."""

    CODE = "code", "管理コード"
    SEAT = "seat", "学年・組・番号"


class GuardianOrigin(models.TextChoices):
    """Where a guardian came from: a roster, or their own registration."""

    ROSTER = "roster", _("名簿")
    LETTER = "letter", _("手紙で来た人")


class Relation(models.TextChoices):
    """A guardian's relation to the child, as they or a list say; never what they may do."""

    MOTHER = "mother", _("母")
    FATHER = "father", _("父")
    ADOPTIVE_PARENT = "adoptive", _("養親")
    GRANDPARENT = "grandparent", _("祖父母")
    FOSTER_PARENT = "foster", _("里親")
    LEGAL_GUARDIAN = "legal", _("未成年後見人")
    HOME_HEAD = "home_head", _("施設長")
    HOME_STAFF = "home_staff", _("施設の職員")
    CHILD_GUIDANCE_HEAD = "guidance_head", _("児童相談所長")
    OTHER = "other", _("その他")


class Language(models.TextChoices):
    """The language a guardian prefers; each label in that language."""

    JA = "ja", "日本語"  # no sentence
    EN = "en", "English"
    ZH = "zh", "中文"  # no sentence
    PT = "pt", "Português"
    VI = "vi", "Tiếng Việt"


class GuardianStanding(models.TextChoices):
    """What a guardianship allows, whatever the roster says."""

    DECIDES = "decides", _("判断する")
    INFORMED = "informed", _("知らせるだけ")
    KEPT_OUT = "kept_out", _("制限")
    WAITING = "waiting", _("学校の確認を待っている")


class GuardianshipEndReason(models.TextChoices):
    """Why a guardianship was ended."""

    MOVED = "moved", "転居・転出などで、この子どもの世話をしなくなった"
    CUSTODY = "custody", "親権・監護についての定め"
    DEATH = "death", "亡くなった"
    MISTAKE = "mistake", "まちがって登録されていた"


class FamilyTie(models.TextChoices):
    """How a student belongs to a member of staff's family."""

    CHILD = "child", "自分の子ども"
    RELATIVE = "relative", "親族"


class NeutralPage(models.TextChoices):
    """Where 「すぐに閉じる」 leads (addresses: apps.people.neutral_pages)."""

    BLANK = "blank", "何も書いていないページ"
    WEATHER = "weather", "気象庁のホームページ"
    SCHOOL_TV = "school_tv", "NHK for School"
    LIBRARY = "library", "国際子ども図書館"


class ActState(models.TextChoices):
    WAITING = "waiting", "二人目の確認を待っています"
    AGREED = "agreed", "確認ずみ(まだ止められます)"
    STOPPED = "stopped", "止めました"
    LAPSED = "lapsed", "確かめる人がいないまま日がすぎ、やめになりました"
    VOID = "void", "前とちがうことになっていたため、行いませんでした"
    DONE = "done", "行いました"


class Role(models.TextChoices):
    HOMEROOM = "homeroom", _("担任")
    NURSE = "nurse", _("養護教諭")
    COUNSELLOR = "counsellor", _("スクールカウンセラー")
    SOCIAL_WORKER = "social_worker", _("スクールソーシャルワーカー")
    PRINCIPAL = "principal", _("管理職")
    YEAR_HEAD = "year_head", _("学年主任")
    OFFICE = "office", _("事務")
    TEACHER = "teacher", _("教員")
    CITY = "city", _("市の担当者")
    HELPDESK = "helpdesk", _("ヘルプデスク")
    PRIVACY = "privacy", _("個人情報保護の担当")
    FAMILY_CENTRE = "family_centre", _("こども家庭センターの担当")


class StandingReason(models.TextChoices):
    """Why a standing was set."""

    SUPPORT = "support", "住民票などの支援措置(DV・ストーカー・虐待など)"
    COURT = "court", "裁判所の決定・調停・保護命令"
    CHILD_GUIDANCE = "guidance", "児童相談所の措置・通知"
    CUSTODY = "custody", "親権・監護についての定め"
    DANGER = "danger", "危険があるため(書類はこれから)"
    OVER = "over", "理由がなくなった"
    MISTAKE = "mistake", "まちがいだった"
