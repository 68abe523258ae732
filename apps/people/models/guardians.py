"""Guardians, guardianships, and what each guardianship allows."""

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.core import clock
from apps.core.constraints import check, choices_check, choices_checks, unique
from apps.core.models import UUIDModel
from apps.core.municipality_scope import EVERYWHERE, SETTING
from apps.people import shown_names
from apps.people.models.choices import GuardianOrigin, GuardianStanding, Language, Relation
from apps.people.models.places import Municipality
from apps.people.models.students import Student
from apps.people.models.users import User

# A guardianship that is new, or back after a roster without it, begins as the last one of the same two
# people was. Where anybody is kept out from the child, or the guardian from another child, it begins
# kept out until two people decide. One that waits for the school shows nothing and stays so: who
# confirms it asks the same questions. The lock is that of ``standing.wait_for_rosters``: who is kept
# out while a roster is being written is seen here, or this guardianship there.
# Where two people made a guardian of the child only informed, whoever comes new is informed as well,
# whatever name or number they come with: deciding is for two people again.
STOPPED_DECIDER_SQL = """EXISTS (SELECT FROM people_standingchange c
    JOIN people_pendingact a ON a.id = c.act_id AND a.kind = 'guardian.stop_deciding'
    JOIN people_guardianship t ON t.guardian_id = c.guardian_id AND t.student_id = c.student_id
    WHERE c.student_id = NEW.student_id AND t.standing = 'informed')"""
# An account is one in every municipality: where it is kept out counts wherever the code works for.
# The setting of row-level security is put back; where the statement fails, its end does that.
DECLARED_SCOPE = ("scope", "text")


def _across(statements: str) -> str:
    """The statements, which see every municipality from ``:begin_across`` to ``:end_across``."""
    begin = (
        f"scope = coalesce(current_setting('{SETTING}', true), ''); "
        f"PERFORM set_config('{SETTING}', '{EVERYWHERE}', true);"
    )
    end = f"PERFORM set_config('{SETTING}', scope, true);"
    return statements.replace(":begin_across", begin).replace(":end_across", end)


SET_STANDING_OF_NEW_SQL = """
PERFORM pg_advisory_xact_lock_shared(hashtextextended('people.guardianship.standing', 0));
SELECT t.standing INTO was FROM people_guardianship t
WHERE t.guardian_id = NEW.guardian_id AND t.student_id = NEW.student_id
AND t.standing <> 'waiting' ORDER BY t.began_at DESC LIMIT 1;
IF FOUND AND (NEW.standing <> 'waiting' OR was = 'kept_out') THEN
  NEW.standing = was;
ELSIF NEW.standing = 'waiting' THEN
  RETURN NEW;
ELSIF EXISTS (SELECT FROM people_guardianship t WHERE t.standing = 'kept_out'
    AND t.student_id = NEW.student_id)
  OR EXISTS (SELECT FROM people_guardianship t WHERE t.standing = 'kept_out'
    AND t.guardian_id = NEW.guardian_id)
  OR EXISTS (SELECT FROM people_keptoutperson k WHERE k.student_id = NEW.student_id
    AND k.ended_at IS NULL) THEN
  NEW.standing = 'kept_out';
ELSE
  SELECT g.user_id INTO account FROM people_guardian g WHERE g.id = NEW.guardian_id;
  IF account IS NOT NULL THEN
    :begin_across
    SELECT EXISTS (SELECT FROM people_guardian o
      JOIN people_guardianship t ON t.guardian_id = o.id AND t.standing = 'kept_out'
      WHERE o.user_id = account) INTO is_kept_out;
    :end_across
  END IF;
  IF is_kept_out THEN
    NEW.standing = 'kept_out';
  ELSIF NEW.standing = 'decides' AND :stopped_decider THEN
    NEW.standing = 'informed';
  END IF;
END IF;
RETURN NEW;
""".replace(":stopped_decider", STOPPED_DECIDER_SQL)
SET_STANDING_OF_NEW_SQL = _across(SET_STANDING_OF_NEW_SQL)

# Who registered by a letter stays unconfirmed until the school confirms them: also where they
# are kept out meanwhile, so that their own page does not change.
SET_UNCONFIRMED_SQL = """
IF TG_OP = 'UPDATE' AND NEW.standing = 'decides' THEN
  IF OLD.standing = 'waiting' AND :stopped_decider THEN
    NEW.standing = 'informed';
  END IF;
END IF;
IF NEW.standing = 'waiting' OR (TG_OP = 'INSERT' AND NEW.origin = 'letter'
    AND NEW.standing = 'kept_out') THEN
  NEW.is_unconfirmed = true;
ELSIF NEW.standing IN ('decides', 'informed') THEN
  NEW.is_unconfirmed = false;
END IF;
RETURN NEW;
""".replace(":stopped_decider", STOPPED_DECIDER_SQL)

# An account that becomes one more guardian keeps what it is kept out from: the guardianships of the row
# that is new to it wait for two people, and so does every guardianship of a child that one of them is
# kept out from. Guardianships are locked before the lock of standings, as in keeping out.
SET_STANDING_OF_ACCOUNT_SQL = """
IF NEW.user_id IS NULL OR NEW.user_id IS NOT DISTINCT FROM OLD.user_id THEN
  RETURN NULL;
END IF;
:begin_across
PERFORM t.id FROM people_guardianship t WHERE t.guardian_id IN
  (SELECT g.id FROM people_guardian g WHERE g.user_id = NEW.user_id) ORDER BY t.id FOR UPDATE;
PERFORM pg_advisory_xact_lock_shared(hashtextextended('people.guardianship.standing', 0));
UPDATE people_guardianship t SET standing = 'kept_out'
FROM people_guardian g JOIN people_guardian o ON o.user_id = g.user_id AND o.id <> g.id
  JOIN people_guardianship k ON k.guardian_id = o.id AND k.standing = 'kept_out'
WHERE t.guardian_id = g.id AND g.user_id = NEW.user_id AND t.standing <> 'kept_out'
  AND (g.id = NEW.id OR k.student_id = t.student_id);
:end_across
RETURN NULL;
"""
SET_STANDING_OF_ACCOUNT_SQL = _across(SET_STANDING_OF_ACCOUNT_SQL)


class Guardian(UUIDModel):
    """A guardian as a roster names them, or as they registered by a letter.

    One account may have several of these (two schools), but only one registered by letter in a
    municipality.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    user = models.ForeignKey(
        User, verbose_name="アカウント", null=True, blank=True, on_delete=models.PROTECT
    )
    origin = models.CharField(
        "どこから", max_length=6, choices=GuardianOrigin.choices,
        default=GuardianOrigin.ROSTER, db_default=GuardianOrigin.ROSTER,
    )  # fmt: skip
    source_id = models.CharField(
        "名簿の番号", max_length=64, blank=True
    )  # "" for who registered by letter
    master_id = models.UUIDField("共通ID", null=True, blank=True)
    family_name = models.CharField("姓", max_length=60)
    given_name = models.CharField("名", max_length=60)
    family_kana = models.CharField("姓(カナ)", max_length=60, blank=True)
    given_kana = models.CharField("名(カナ)", max_length=60, blank=True)
    is_enabled = models.BooleanField("名簿で 使える", default=True, db_default=True)
    language = models.CharField(
        "話しやすい言葉", max_length=2, choices=Language.choices,
        default=Language.JA, db_default=Language.JA,
    )  # fmt: skip
    left_at = models.DateTimeField("名簿から消えた時", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "保護者"
        constraints = [
            unique(["municipality", "master_id"], name="guardian_master_once"),
            *choices_checks(origin=GuardianOrigin, language=Language),
            unique(
                ["municipality", "user"],
                name="guardian_by_letter_once",
                condition=Q(origin=GuardianOrigin.LETTER),
            ),
        ]
        indexes = [
            models.Index(fields=["family_kana", "given_kana"], name="guardian_by_name"),
            models.Index(fields=["municipality", "source_id"], name="guardian_source"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="standing_of_account",
                operation=pgtrigger.UpdateOf("user_id"),
                when=pgtrigger.After,
                declare=[DECLARED_SCOPE],
                func=SET_STANDING_OF_ACCOUNT_SQL,
            )
        ]

    def __str__(self):
        return self.full_name

    @property
    def full_name(self):
        shown_names.note_shown_person(self)
        return f"{self.family_name} {self.given_name}".rstrip()  # some people have only one name


# Standings with which a guardian may see the child. All others show nothing.
INFORMED_STANDINGS = (GuardianStanding.DECIDES, GuardianStanding.INFORMED)


class GuardianshipQuerySet(models.QuerySet):
    def named(self):
        """All guardianships of today, kept out or unconfirmed too. For staff and the roster only."""
        return self.filter(ended_at=None)

    def current(self):
        """Those of today with which a guardian may see the child: not kept out, not unconfirmed."""
        return self.named().filter(standing__in=INFORMED_STANDINGS)

    def deciding(self):
        """Those of today whose consent decisions count."""
        return self.named().filter(standing=GuardianStanding.DECIDES)

    def kept_out(self):
        """Those kept out, in today's roster or not."""
        return self.filter(standing=GuardianStanding.KEPT_OUT)

    def waiting(self):
        """Those of today that the school has not confirmed yet: the child is not shown."""
        return self.named().filter(standing=GuardianStanding.WAITING)

    def unconfirmed(self):
        """Those waiting, and those kept out while waiting: to the person both look the same."""
        return self.named().filter(is_unconfirmed=True)


class Guardianship(UUIDModel):
    """A guardian of a student, from the roster or registered by letter, and what that allows.

    ``standing`` is set by the school or city, never by a roster (a trigger gives a new row the
    standing it must begin with); only two people can widen it. To ask which children a guardian may
    see or decide for, use ``current``, ``deciding`` or ``permissions.students_in_care``.
    """

    municipality = models.ForeignKey(
        Municipality, verbose_name="自治体", on_delete=models.PROTECT, db_index=False
    )
    guardian = models.ForeignKey(
        Guardian, verbose_name="保護者", on_delete=models.PROTECT, related_name="guardianships"
    )
    student = models.ForeignKey(
        Student, verbose_name="生徒", on_delete=models.PROTECT, related_name="guardianships"
    )
    began_at = models.DateTimeField("はじまり", default=clock.now)
    ended_at = models.DateTimeField("おわり", null=True, blank=True)
    standing = models.CharField(
        "できること", max_length=8, choices=GuardianStanding.choices,
        default=GuardianStanding.DECIDES, db_default=GuardianStanding.DECIDES,
    )  # fmt: skip
    origin = models.CharField(
        "どこから", max_length=6, choices=GuardianOrigin.choices,
        default=GuardianOrigin.ROSTER, db_default=GuardianOrigin.ROSTER,
    )  # fmt: skip
    relation = models.CharField(
        "続柄", max_length=13, choices=Relation.choices, blank=True, db_default=""
    )
    must_stay_unknown = models.BooleanField(
        "知られては困る人がいる", default=False, db_default=False
    )
    is_unconfirmed = models.BooleanField(  # a trigger sets it
        "学校がまだ確かめていない", default=False, db_default=False, editable=False
    )
    ended_by_self = models.BooleanField(
        "本人が終わらせた", default=False, db_default=False, editable=False
    )

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "続柄"
        constraints = [
            *choices_checks(standing=GuardianStanding, origin=GuardianOrigin),
            choices_check("relation", Relation, blank=True),
            check(
                "guardianship_waits_by_letter",
                ~Q(standing=GuardianStanding.WAITING) | Q(origin=GuardianOrigin.LETTER),
            ),
            check(
                "guardianship_unconfirmed_opens_nothing",
                Q(is_unconfirmed=False) | ~Q(standing__in=INFORMED_STANDINGS),
            ),
            check(
                "guardianship_ended_by_self_has_ended",
                Q(ended_by_self=False) | Q(ended_at__isnull=False),
            ),
            unique(
                ["guardian", "student"],
                name="guardianship_current_once",
                condition=Q(ended_at=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["student"],
                condition=Q(standing=GuardianStanding.KEPT_OUT),
                name="guardianship_kept_out",
            ),
            models.Index(
                fields=["guardian"],
                condition=Q(standing=GuardianStanding.KEPT_OUT),
                name="guardianship_who_is_kept_out",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="standing_of_new",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[
                    ("was", "text"),
                    ("account", "uuid"),
                    ("is_kept_out", "boolean"),
                    DECLARED_SCOPE,
                ],  # fmt: skip
                func=SET_STANDING_OF_NEW_SQL,
            ),
            pgtrigger.Trigger(
                name="unconfirmed",  # after standing_of_new: triggers run in the order of their names
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("standing"),
                when=pgtrigger.Before,
                func=SET_UNCONFIRMED_SQL,
            ),
        ]

    def __str__(self):
        return f"{self.guardian} → {self.student}"
