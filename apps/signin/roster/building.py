"""From rows to a roster, by the rules of the Japan Profile; every broken one is named."""

import csv
import re
from uuid import UUID

from apps.signin.roster.nouns import (
    AdultRow,
    ClassRow,
    Finding,
    Name,
    PupilRow,
    Reading,
    Roster,
    SchoolRow,
    TeachingRow,
)
from apps.signin.roster.unpacking import unpack

GRADES = {
    f"{kind}{n}"
    for kind, last in (("P", 6), ("J", 3), ("H", 3), ("E", 3))
    for n in range(1, last + 1)
}
YEAR_TITLE = re.compile(r"^(\d{4})年度$")
HALF_WIDTH = re.compile(r"[\uff66-\uff9f]")
LOCAL_CODE = re.compile(r"\{C4th:([^{}]{1,40})\}", re.IGNORECASE)
LONGEST = {
    "sourcedId": 64, "title": 60, "name": 60, "givenName": 60, "familyName": 60,
    "preferredGivenName": 60, "preferredFamilyName": 60, "metadata.jp.kanaGivenName": 60,
    "metadata.jp.kanaFamilyName": 60,
}  # fmt: skip
ROLES = {"student", "teacher", "guardian", "administrator", "aide", "proctor", "principal"}


def read(content):
    """The Reading of a zip's bytes. Never raises: whatever is wrong is a problem in it."""
    reading = Reading()
    try:
        files = unpack(content, reading)
        if files:
            builder = Builder(files, reading)
            roster = builder.build()
            if not reading.problems:
                reading.roster = roster
    except csv.Error:
        reading.problems.append(
            Finding("", 0, "", "CSVとして読めない行があります。書き出し直してください。")
        )
    return reading


class Builder:
    """Holds the files while a roster is made of them."""

    def __init__(self, files, reading):
        self.files, self.reading = files, reading
        self.users = {row["sourcedId"]: row for row in files["users"]}
        self.classes = {row["sourcedId"]: row for row in files["classes"]}
        self.orgs = {row["sourcedId"]: row for row in files["orgs"]}
        self.roster = Roster()

    def build(self):
        for name, rows in self.files.items():
            self._check_rows(name, rows)
        self._year()
        self._orgs()
        self._classes()
        self._check_users()
        if not self.reading.problems:
            self._people()
        return self.roster

    def problem(self, row, column, reason):
        self.reading.problems.append(Finding(row.file, row.line, column, reason))

    def note(self, row, column, reason):
        self.reading.notes.append(Finding(row.file, row.line, column, reason))

    # -- what holds for every row --------------------------------------------------------------

    def _check_rows(self, name, rows):
        seen = set()
        for row in rows:
            if not row["sourcedId"]:
                self.problem(row, "sourcedId", "sourcedIdが空です。")
            elif row["sourcedId"] in seen:
                self.problem(row, "sourcedId", "同じsourcedIdの行がもう1つあります。")
            seen.add(row["sourcedId"])
            for column, longest in LONGEST.items():
                if len(row[column]) > longest:
                    self.problem(row, column, f"長すぎます({longest}文字まで)。")
            if row["status"] == "active":
                self.note(
                    row,
                    "status",
                    "全件(bulk)ではstatusを空にする決まりです。activeとして読みました。",
                )
            elif row["status"]:
                self.problem(
                    row, "status", "statusは空にしてください(全件の名簿に消した人は入れません)。"
                )

    def _refers(self, row, column, known, what):
        """Whether the reference is there and leads somewhere; says so if not."""
        if row[column] in known:
            return True
        self.problem(row, column, f"{what}が見つかりません(つながりが切れています)。")
        return False

    # -- school year, organisations, classes ----------------------------------------------------

    def _year(self):
        years = [row for row in self.files["academicSessions"] if row["type"] == "schoolYear"]
        if len(years) != 1:
            self.reading.problems.append(
                Finding("academicSessions.csv", 0, "type", "年度(schoolYear)の行が1つ必要です。")
            )
            return
        found = YEAR_TITLE.match(years[0]["title"])
        if not found:
            self.problem(years[0], "title", "年度の名前は「2026年度」の形にしてください。")
            return
        self.roster.school_year = int(found.group(1))

    def _orgs(self):
        for row in self.files["orgs"]:
            if row["type"] == "district":
                if self.roster.municipality_code:
                    self.problem(row, "type", "教育委員会(district)は1つだけにしてください。")
                self.roster.municipality_code = row["identifier"]
                self.roster.municipality_name = row["name"]
                if not re.fullmatch(r"\d{6}", row["identifier"]):
                    self.problem(row, "identifier", "教育委員会コードは6けたの数字です。")
            elif row["type"] == "school":
                if not re.fullmatch(r"[A-H]\d{12}", row["identifier"]):
                    self.problem(row, "identifier", "学校コードは英字1字と数字12けたです。")
                self.roster.schools.append(
                    SchoolRow(row["sourcedId"], row["identifier"], row["name"])
                )
            else:
                self.problem(row, "type", "typeはdistrictかschoolにしてください。")
        if not self.roster.municipality_code or not self.roster.schools:
            self.reading.problems.append(
                Finding("orgs.csv", 0, "", "教育委員会(district)1つと、学校(school)が必要です。")
            )
        self.schools = {school.source_id for school in self.roster.schools}

    def _classes(self):
        for row in self.files["classes"]:
            if not self._refers(row, "schoolSourcedId", self.schools, "学校"):
                continue
            if row["classType"] not in ("homeroom", "scheduled"):
                self.problem(row, "classType", "classTypeはhomeroomかscheduledです。")
            self._check_grades(row)
            if row["classType"] == "homeroom":
                self.roster.classes.append(
                    ClassRow(
                        row["sourcedId"], row["schoolSourcedId"], row["grades"].split(",")[0],
                        row["title"], row["metadata.jp.specialNeeds"] == "true",
                    )
                )  # fmt: skip
        self.homerooms = {made.source_id for made in self.roster.classes}
        self.by_title = {(made.school, made.title): made.source_id for made in self.roster.classes}

    def _check_grades(self, row):
        for grade in filter(None, row["grades"].split(",")):
            if grade.strip() not in GRADES:
                self.problem(row, "grades", "学年はP1–P6・J1–J3・H1–H3・E1–E3で書いてください。")

    # -- people ---------------------------------------------------------------------------------

    def _check_users(self):
        seen = set()
        for row in self.files["users"]:
            self._check_grades(row)
            self._check_names(row)
            master = _uuid(row["userMasterIdentifier"])
            if master is None:
                self.problem(row, "userMasterIdentifier", "共通ID(UUID)がないか、形が違います。")
            elif master in seen:
                self.problem(row, "userMasterIdentifier", "同じ共通IDの人がもう1人います。")
            seen.add(master)

    def _check_names(self, row):
        for column in ("metadata.jp.kanaGivenName", "metadata.jp.kanaFamilyName"):
            if not row[column]:
                self.problem(row, column, "フリガナが空です。")
            elif HALF_WIDTH.search(row[column]):
                self.problem(row, column, "フリガナが半角です。全角カタカナにしてください。")
        for column, other in (
            ("preferredGivenName", "givenName"),
            ("preferredFamilyName", "familyName"),
        ):
            if not row[column] and not row[other]:
                self.problem(row, column, "名前が空です。")

    def _people(self):
        roles = self._roles()
        enrolled = self._enrolments()
        for user_id, (role, school) in roles.items():
            row = self.users[user_id]
            if role == "student":
                self._pupil(row, school, enrolled.get(user_id, []))
            elif role == "teacher":
                self._teacher(row, school, enrolled.get(user_id, []))
            elif role == "guardian":
                self.roster.guardians.append(AdultRow(user_id, school, _name(row)))
        self._check_codes()
        self._links({user_id for user_id, (role, _) in roles.items() if role == "guardian"})

    def _roles(self):
        """{user: (role, school)} by the primary role; parent is read as guardian."""
        found = {}
        for row in self.files["roles"]:
            known = self._refers(row, "userSourcedId", self.users, "利用者")
            known &= self._refers(row, "orgSourcedId", self.orgs, "学校")
            role = self._role(row)
            if known and row["orgSourcedId"] not in self.schools:
                continue  # a role at the board of education is nobody's class
            if (
                known
                and role
                and (row["roleType"] == "primary" or row["userSourcedId"] not in found)
            ):
                found[row["userSourcedId"]] = (role, row["orgSourcedId"])
        return found

    def _role(self, row):
        role = row["role"]
        if role in ("parent", "relative"):
            self.note(
                row, "role", f"{role}は日本の決まりにありません。guardian(保護者)として読みました。"
            )
            return "guardian"
        if role in ROLES:
            return role
        self.problem(row, "role", "roleはstudent・teacher・guardian・administratorのどれかです。")
        return None

    def _enrolments(self):
        """{user: [(class, role, primary, number)]}."""
        found = {}
        for row in self.files["enrollments"]:
            known = self._refers(row, "userSourcedId", self.users, "利用者")
            known &= self._refers(row, "classSourcedId", self.classes, "学級")
            known &= self._refers(row, "schoolSourcedId", self.schools, "学校")
            role, primary = self._role(row), row["primary"]
            if primary not in ("", "true", "false"):
                self.problem(row, "primary", "primaryはtrueかfalseです。")
            if role == "student" and primary == "true":
                self.problem(row, "primary", "生徒のprimaryはfalseにしてください。")
            number = row["metadata.jp.ShussekiNo"]
            if number and not (number.isascii() and number.isdigit() and int(number) < 1000):
                self.problem(row, "metadata.jp.ShussekiNo", "出席番号は数字です。")
                number = ""
            if known and role:
                entry = (
                    row["classSourcedId"],
                    role,
                    primary == "true",
                    int(number) if number else None,
                )
                found.setdefault(row["userSourcedId"], []).append(entry)
        return found

    def _pupil(self, row, school, enrolled):
        in_class = [
            (c, n) for c, role, _, n in enrolled if role == "student" and c in self.homerooms
        ]
        named = row["metadata.jp.homeClass"]
        home = named if named in self.homerooms else self.by_title.get((school, named), "")
        if named and not home:
            self.problem(
                row, "metadata.jp.homeClass", "学級が見つかりません(つながりが切れています)。"
            )
        home = home or (in_class[0][0] if in_class else "")
        number = next((n for c, n in in_class if c == home), None)
        code = LOCAL_CODE.search(row["userIds"])
        self.roster.pupils.append(
            PupilRow(
                row["sourcedId"], school, _uuid(row["userMasterIdentifier"]), _name(row),
                row["grades"].split(",")[0].strip(), home, number,
                code.group(1).strip() if code else "", self.reading.born.get(row["sourcedId"]),
            )
        )  # fmt: skip

    def _check_codes(self):
        """One 管理コード, one student of a school."""
        seen = set()
        for pupil in self.roster.pupils:
            if pupil.local_code and (pupil.school, pupil.local_code) in seen:
                row = self.users[pupil.source_id]
                self.problem(row, "userIds", "同じ管理コードの生徒がもう1人います。")
            seen.add((pupil.school, pupil.local_code))

    def _teacher(self, row, school, enrolled):
        led = [
            c
            for c, role, primary, _ in enrolled
            if role == "teacher" and primary and c in self.homerooms
        ]
        self.roster.teachers.append(
            TeachingRow(row["sourcedId"], school, _name(row), led[0] if led else "")
        )

    def _links(self, guardians):
        """agentSourcedIds of a student name guardians; those of a guardian name students."""
        pupils = {pupil.source_id for pupil in self.roster.pupils}
        for user_id, row in self.users.items():
            for other in filter(None, (part.strip() for part in row["agentSourcedIds"].split(","))):
                if other not in self.users:
                    self.problem(
                        row, "agentSourcedIds", "保護者が見つかりません(つながりが切れています)。"
                    )
                elif user_id in pupils and other in guardians:
                    self.roster.links.add((other, user_id))
                elif user_id in guardians and other in pupils:
                    self.roster.links.add((user_id, other))


def _name(row):
    return Name(
        row["preferredFamilyName"] or row["familyName"],
        row["preferredGivenName"] or row["givenName"],
        row["metadata.jp.kanaFamilyName"],
        row["metadata.jp.kanaGivenName"],
    )


def _uuid(text):
    try:
        return UUID(text)
    except ValueError:
        return None
