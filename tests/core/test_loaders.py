"""What is the same for everybody is worked out when a template is read, and reads the same."""

from django.template import engines

from apps.core.loaders import folded
from apps.core.templatetags.japanese import ruby

TODAY = "｜今日《きょう》は"


def test_a_constant_with_readings_becomes_ruby():
    source = f'<p>{{{{ "{TODAY}"|ruby }}}}</p>'
    assert folded(source) == f"<p>{ruby(TODAY)}</p>"
    assert engines["django"].from_string(source).render() == folded(source)


def test_what_depends_on_somebody_is_left_to_the_page():
    for source in ("{{ name|ruby }}", f'{{{{ "{TODAY}"|plain }}}}', '{% trans "a" %}'):
        assert folded(source) == source


def test_the_lines_stay_where_they_are():
    source = f'a\n{{{{ "{TODAY}"|ruby }}}}\nb\n'
    assert folded(source).count("\n") == source.count("\n")
