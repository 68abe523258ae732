"""Constant ruby is computed when a template is loaded, and renders the same."""

from django.template import engines

from apps.core.template_loaders import precompile_ruby
from apps.core.templatetags.japanese import ruby

TODAY = "｜今日《きょう》は"


def test_a_constant_with_readings_becomes_ruby():
    source = f'<p>{{{{ "{TODAY}"|ruby }}}}</p>'
    assert precompile_ruby(source) == f"<p>{ruby(TODAY)}</p>"
    assert engines["django"].from_string(source).render() == precompile_ruby(source)


def test_what_depends_on_somebody_is_left_to_the_page():
    for source in ("{{ name|ruby }}", f'{{{{ "{TODAY}"|plain }}}}', '{% trans "a" %}'):
        assert precompile_ruby(source) == source


def test_the_lines_stay_where_they_are():
    source = f'a\n{{{{ "{TODAY}"|ruby }}}}\nb\n'
    assert precompile_ruby(source).count("\n") == source.count("\n")
