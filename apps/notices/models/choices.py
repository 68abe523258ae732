"""The values that columns of this app may hold, and their labels."""

from django.db import models


class NoticeState(models.TextChoices):
    DRAFT = "draft", "下書き"
    WAITING = "waiting", "確認待ち"
    PUBLISHED = "published", "公開"
    CORRECTED = "corrected", "訂正ずみ"
    WITHDRAWN = "withdrawn", "取り下げ"


class PublishState(models.TextChoices):
    DRAFT = "draft", "下書き"
    PUBLISHED = "published", "公開"
    WITHDRAWN = "withdrawn", "取り下げ"


class SupportNeed(models.TextChoices):
    """Needs that an organisation helps with. Students read the labels, so they have ruby."""

    FRIENDS = "friends", "｜友《とも》だち"
    BULLYING = "bullying", "いじめ"
    SCHOOL = "school", "｜学校《がっこう》や ｜勉強《べんきょう》"
    FAMILY = "family", "｜家《いえ》の こと"
    FEAR = "fear", "たたかれる・こわい"
    HEALTH = "health", "｜体《からだ》や ｜心《こころ》"
    FUTURE = "future", "これからの こと"
    NET = "net", "ネット"
    MEALS = "meals", "ごはんや お｜金《かね》"
    PLACE = "place", "いられる ｜場所《ばしょ》"
    ANY = "any", "｜何《なん》でも・うまく ｜言《い》えない"


class OrganisationIcon(models.TextChoices):
    """The icon beside the name (templates/icons)."""

    PHONE = "phone", "電話"
    CHAT = "chat", "チャット"
    PLACE = "place", "場所"
    HEART = "heart", "こころ"
    HOME = "home", "家"
    SCHOOL = "school", "学校"
    BOOK = "book", "勉強"
    PERSON = "person", "人"
