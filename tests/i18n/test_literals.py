"""Every sentence is marked for translation, but for a list of files that only gets shorter."""

from tests.i18n.literals import (
    files_with_literals,
    listed,
    literals_in_python,
    literals_in_template,
)

# Never raised for a sentence: a file that is moved takes its line and one of these with it. (A file
# that is renamed or split keeps its lines under the new names.)
MOST_LISTED = 220


def test_no_file_but_those_listed_has_sentences_that_cannot_be_translated():
    new = set(files_with_literals()) - set(listed())
    assert new == set(), "mark their sentences: docs/translations.md"


def test_a_file_that_is_moved_leaves_the_list():
    moved = set(listed()) - set(files_with_literals())
    assert moved == set(), "take these lines out of tests/i18n/not_yet_moved.txt"


def test_the_list_only_gets_shorter():
    assert len(listed()) == MOST_LISTED, "lower MOST_LISTED with the list; it is never raised"
    assert listed() == sorted(set(listed()))


def test_unmarked_sentences_are_found():
    assert literals_in_template('<p>{{ "｜今日《きょう》"|ruby }}</p>') != []
    assert literals_in_template('<p>はい {{ _("いいえ") }}</p>') != []
    assert literals_in_template('<a aria-label="もどる">{% translate "x" %}</a>') != []
    assert literals_in_python('x = "はい"') == ["はい"]
    assert literals_in_python('x = f"{n}件"') == ["件"]
    assert literals_in_python('class A(models.TextChoices):\n  B = "b", "はい"\nc = "いいえ"',
                              only_choices=True) == ["はい"]  # fmt: skip


def test_marked_sentences_and_words_for_readers_of_code_are_not():
    assert literals_in_template('{# 終わる #}{{ _("終わる")|ruby }}{% translate "はい" %}') == []
    assert literals_in_template(
        "{% blocktranslate count n=n %}{{ n }}件{% plural %}{{ n }}件{% endblocktranslate %}"
    ) == []  # fmt: skip
    assert literals_in_python('"""終わる。"""\nx = _("はい")\ny = gettext_lazy("い" "ろ")') == []
    assert literals_in_python('x = r"[ぁ-ん]"  # no sentence') == []
