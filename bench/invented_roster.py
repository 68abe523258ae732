"""A OneRoster zip of any size, made as it is written: every name and number is invented.

``write(path, n, code)`` gives ``n`` students in classes of 33 and schools of 495, with their
teachers; ``guardians`` gives each student one.
"""

import random
import zipfile

from apps.roster.oneroster.columns import COLUMNS, COMMON_COLUMNS

A_CLASS, CLASSES = 33, 15
FAMILY = [("佐藤", "サトウ"), ("鈴木", "スズキ"), ("高橋", "タカハシ"), ("田中", "タナカ"),
          ("渡辺", "ワタナベ"), ("山本", "ヤマモト"), ("小林", "コバヤシ")]  # fmt: skip
GIVEN = [("さくら", "サクラ"), ("れん", "レン"), ("はな", "ハナ"), ("みお", "ミオ"),
         ("はると", "ハルト"), ("ひな", "ヒナ"), ("そら", "ソラ"), ("ゆい", "ユイ"),
         ("あおい", "アオイ"), ("りく", "リク"), ("つむぎ", "ツムギ")]  # fmt: skip


class Invented:
    """The ids of a roster: everything else follows from a person's number."""

    def __init__(self, n, code, guardians):
        self.n, self.code, self.has_guardians = n, code, guardians
        self.random = random.Random(int(code))
        self.n_classes = -(-n // A_CLASS)
        self.schools = [self.uuid() for _ in range(-(-self.n_classes // CLASSES))]
        self.classes = [self.uuid() for _ in range(self.n_classes)]
        self.district, self.year = self.uuid(), self.uuid()

    def uuid(self):
        hexed = f"{self.random.getrandbits(128):032x}"
        return f"{hexed[:8]}-{hexed[8:12]}-4{hexed[13:16]}-a{hexed[17:20]}-{hexed[20:]}"

    def at(self, number):
        """(class id, school id) of a student."""
        return self.classes[number // A_CLASS], self.schools[number // A_CLASS // CLASSES]

    def places(self):
        yield "academicSessions", self.year, {"title": "2026年度", "type": "schoolYear"}
        yield "orgs", self.district, {"name": "見本市", "type": "district", "identifier": self.code}
        for number, school in enumerate(self.schools):
            identifier = f"C1{number:011d}"
            yield (
                "orgs",
                school,
                {"name": f"見本{number}", "type": "school", "identifier": identifier},
            )
        for number, school_class in enumerate(self.classes):
            yield "classes", school_class, {
                "title": f"1年{number % CLASSES + 1}組", "grades": "J1", "classType": "homeroom",
                "schoolSourcedId": self.schools[number // CLASSES],
                "metadata.jp.specialNeeds": "false",
            }  # fmt: skip

    def people(self):
        """Students with their guardians, then one teacher a class."""
        for number in range(self.n):
            home, school = self.at(number)
            guardian = self.uuid() if self.has_guardians else ""
            code = {"userIds": f"{{C4th:{number}}}", "grades": "J1", "agentSourcedIds": guardian,
                    "metadata.jp.homeClass": home}  # fmt: skip
            yield from self.person(number, self.uuid(), "student", home, school, **code)
            if guardian:
                yield from self.person(number, guardian, "guardian", "", school)
        for number, home in enumerate(self.classes):
            school = self.schools[number // CLASSES]
            yield from self.person(number, self.uuid(), "teacher", home, school)

    def person(self, number, source_id, role, home, school, **more):
        family, given = FAMILY[number % len(FAMILY)], GIVEN[number % len(GIVEN)]
        yield "users", source_id, {
            "enabledUser": "true", "username": source_id, "givenName": given[0],
            "familyName": family[0], "userMasterIdentifier": self.uuid(),
            "preferredGivenName": given[0], "preferredFamilyName": family[0],
            "primaryOrgSourcedId": school, "metadata.jp.kanaGivenName": given[1],
            "metadata.jp.kanaFamilyName": family[1], **more,
        }  # fmt: skip
        yield "roles", self.uuid(), {"userSourcedId": source_id, "roleType": "primary",
                                     "role": role, "orgSourcedId": school}  # fmt: skip
        if home:
            seat = str(number % A_CLASS + 1) if role == "student" else ""
            yield "enrollments", self.uuid(), {
                "classSourcedId": home, "schoolSourcedId": school, "userSourcedId": source_id,
                "role": role, "primary": "true" if role == "teacher" else "false",
                "metadata.jp.ShussekiNo": seat,
            }  # fmt: skip


def write(path, n, code, *, guardians=False):
    """Write the zip of a municipality of ``code`` (six digits); the same code, the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        modes = "".join(f'"file.{name}","bulk"\r\n' for name in COLUMNS)
        head = '"propertyName","value"\r\n"oneroster.version","1.2.1"\r\n'
        archive.writestr("manifest.csv", head + modes)
        for name, columns in COLUMNS.items():
            # Each file is one pass over the same people.
            _put(
                archive,
                name,
                (*COMMON_COLUMNS, *columns),
                _rows(Invented(n, code, guardians), name),
            )


def _rows(invented, name):
    small = name in ("academicSessions", "orgs", "courses", "classes")
    rows = invented.places() if small else invented.people()
    return ((source_id, values) for file, source_id, values in rows if file == name)


def _put(archive, name, columns, rows):
    line = ",".join(f'"{{{number}}}"' for number in range(len(columns))) + "\r\n"
    with archive.open(f"{name}.csv", "w", force_zip64=True) as member:
        member.write(line.format(*columns).encode())
        for source_id, values in rows:
            values["sourcedId"] = source_id
            member.write(line.format(*[values.get(c, "") for c in columns]).encode())
