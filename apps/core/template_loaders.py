"""Template loaders that precompile constant ruby when a file is read.

Our pages are full of sentences with readings (``{{ "｜今日《きょう》"|ruby }}``). Each is a constant, so it
becomes its ruby while the template is loaded. The ruby of a translated sentence (``{{ _("今日")|ruby
}}``) is made once a language.
"""

import re

from django.template.loaders import app_directories, filesystem
from django.utils.safestring import mark_safe

from apps.core.templatetags.japanese import ruby

CONSTANT_RUBY = re.compile(r'\{\{ "([^"{}\\|]*)"\|ruby \}\}')
TRANSLATED = re.compile(r'\{\{ _\("([^"{}\\|%]*)"\)\|ruby \}\}')


def precompile_ruby(source):
    """A template's text with its constant ruby in place; the number of its lines stays."""
    plain = CONSTANT_RUBY.sub(lambda found: ruby(mark_safe(found[1])), source)
    return TRANSLATED.sub(r'{% translated_ruby "\1" %}', plain)


class _Precompiling:
    def get_contents(self, origin):
        return precompile_ruby(super().get_contents(origin))


class Filesystem(_Precompiling, filesystem.Loader):
    """The project's own folder of templates."""


class AppDirectories(_Precompiling, app_directories.Loader):
    """The folders of the apps we use."""
