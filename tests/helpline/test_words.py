"""Students read exactly the sentences a counsellor approved."""

import hashlib

import time_machine
from django.utils import translation

from apps.helpline import words as wording
from apps.helpline.admin.student_page_preview import student_page_sentences

# The words of each version, as approved. A new digest needs a new words.WORDS_VERSION.
APPROVED = {"2026-12": "01f63a30098dfad5", "2026-12-2": "6c1fc2f39ec0ff66",
            "2026-12-3": "93438729d8352a44", "2026-12-4": "c6182c4d62c0122c",
            "2026-12-5": "981f15eda5ca7851", "2026-12-6": "9795fbe457c8557e", "2026-12-7": "17f5a927e9f5a1cf",
            "2026-12-8": "5fdda14c49c916ad",
            "2026-12-9": "e029efc67e774fba", "2026-12-10": "82b8dd8c7ffe3767",
            "2026-12-11": "356339dd92b9780a"}  # fmt: skip


def test_no_sentence_changes_under_an_approval(db, rf):
    with time_machine.travel("2026-11-24T10:00+09:00", tick=False):
        request = rf.get("/")
        pages = student_page_sentences(request)
    words = "\n".join(
        [*wording.all_student_sentences(5), *(line for _, lines in pages for line in lines)]
    )
    digest = hashlib.sha256(words.encode()).hexdigest()[:16]
    assert APPROVED[wording.WORDS_VERSION] == digest, "these words need a new VERSION and approval"


def test_a_new_version_is_told_to_those_who_can_have_it_approved(on_duty, sign_in, monkeypatch):
    desk = sign_in(on_duty.nurse.user)
    sentence = "生徒が読む言葉が変わりました。"
    assert sentence not in desk.get("/admin/").content.decode()
    monkeypatch.setattr(wording, "WORDS_VERSION", "2099-01")
    assert sentence in desk.get("/admin/").content.decode()


def test_the_minutes_of_the_commitment_carry_the_reading_that_is_spoken():
    with translation.override("ja-easy"):
        sentences = [
            wording.commitment_sentences("", n, is_open=True)[1].split(" ")[0]
            for n in (1, 2, 3, 5, 10)
        ]
    assert sentences == [
        "1｜分《ぷん》",
        "2｜分《ふん》",
        "3｜分《ぷん》",
        "5｜分《ふん》",
        "10｜分《ぷん》",
    ]
