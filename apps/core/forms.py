"""How every form is rendered, and how its longer texts are read."""

from django import forms
from django.forms.renderers import TemplatesSetting

from apps.core.text import plain_lines


class FormRenderer(TemplatesSetting):
    field_template_name = "components/_field.html"


class LinesField(forms.CharField):
    """A textarea whose text is normalised, and compared with the stored text, line by line."""

    def to_python(self, value):
        text = super().to_python(value)
        return plain_lines(text) if text else text

    def has_changed(self, initial, data):
        return super().has_changed(plain_lines(str(initial or "")), data)
