"""Convert specs to Keras objects and back; no other package does."""

from kwidgets.builder.convert.automatic_names import (
    has_automatic_name,
    looks_automatic,
    mark_automatic_names,
    without_automatic_names,
    without_marked_names,
)
from kwidgets.builder.convert.compare_configs import same_config
from kwidgets.builder.convert.compile_settings import compile_settings
from kwidgets.builder.convert.from_keras import (
    ConversionError,
    spec_of_input,
    spec_of_layer,
    spec_of_model,
    spec_of_object,
    spec_of_stack,
    value_of,
)
from kwidgets.builder.convert.functional_chain import spec_of_chain
from kwidgets.builder.convert.to_keras import (
    class_of,
    make_input,
    make_layer,
    make_object,
    make_value,
)

__all__ = [
    "ConversionError",
    "class_of",
    "compile_settings",
    "has_automatic_name",
    "looks_automatic",
    "make_input",
    "make_layer",
    "make_object",
    "make_value",
    "mark_automatic_names",
    "same_config",
    "spec_of_chain",
    "spec_of_input",
    "spec_of_layer",
    "spec_of_model",
    "spec_of_object",
    "spec_of_stack",
    "value_of",
    "without_automatic_names",
    "without_marked_names",
]
