"""How every form of ours is drawn."""

from django.forms.renderers import TemplatesSetting


class HouseFormRenderer(TemplatesSetting):
    field_template_name = "components/_field.html"
