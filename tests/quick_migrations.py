"""The migrations as Django runs them, without what it makes anew though it did not change.

Making the test database takes most of its time to build the classes of the models of each step.
Here an index, a constraint or a trigger is noted on the class that exists (Django builds that
class and all its relatives again), a class gets copies of its fields instead of fields made from
their descriptions, and what no migration changes is asked for once. ``tests.compare_migrations``
shows that the same database comes of it.
"""

from contextlib import contextmanager
from copy import deepcopy

import pytest
from django.apps import registry
from django.contrib.postgres.fields import ArrayField
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Field, GeneratedField
from pgtrigger.migrations import AddTrigger

OF_ITS_OWN = (ArrayField, GeneratedField)  # they hold fields which a copy would share


@contextmanager
def quick_migrations():
    """Within this migrations run quickly; the statements they send are the same."""
    swappable = registry.apps.get_swappable_settings_name
    names = {}

    def name_of(to_string):
        if to_string not in names:
            names[to_string] = swappable(to_string)
        return names[to_string]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry.apps, "get_swappable_settings_name", name_of)
        patch.setattr(ProjectState, "_append_option", _append_option)
        patch.setattr(AddTrigger, "state_forwards", _add_trigger)
        patch.setattr(ModelState, "render", _render_with_copies(ModelState.render))
        yield


def _append_option(state, app_label, model_name, option_name, added):
    options = state.models[app_label, model_name].options
    options[option_name] = [*options.get(option_name, []), added]
    if "apps" in state.__dict__:  # asked for otherwise, it would be made
        model = state.apps.get_model(app_label, model_name)
        setattr(model._meta, option_name, list(options[option_name]))


def _add_trigger(operation, app_label, state):
    _append_option(state, app_label, operation.model_name, "triggers", operation.trigger)


def _render_with_copies(render):
    def quick(model_state, apps):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Field, "clone", _copy)
            return render(model_state, apps)

    clone = Field.clone

    def _copy(field):
        if isinstance(field, OF_ITS_OWN):
            return clone(field)
        copy = deepcopy(field)
        copy.creation_counter = Field.creation_counter  # the order of the columns
        Field.creation_counter += 1
        return copy

    return quick
