"""StableHLO of JAX: what XLA compiles, with the weights in it, as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kwidgets.formats.export.prepared import Arrays, Signature
from kwidgets.formats.export.runtimes.runtime import (
    CodeFacts,
    Conversion,
    Runner,
    flat_outputs,
    sample_code,
)
from kwidgets.language import Message, message

# XLA counts the processors when it starts.
THREADS_BY_PROCESS = True

# What the file can run on; each is checked when it is lowered, not here.
_PLATFORMS = ("cpu", "cuda", "tpu")


def convert(source: Any, path: Path, options: dict[str, Any]) -> Conversion:
    """Lower the model for any batch size, or else for one sample at a time."""
    import jax
    from jax import export

    model, signature = source.model, source.signature
    lost: tuple[Message, ...] = ()
    function = jax.jit(lambda inputs: model(inputs, training=False))
    try:
        exported = export.export(function, platforms=_PLATFORMS)(_specs(signature, None))
    except Exception as error:
        try:
            exported = export.export(function)(_specs(signature, 1))
        # The first error is about the model, the second perhaps only about the batch.
        except Exception:
            raise error from None
        lost = (
            message("Any batch size: the file takes one sample at a time."),
            message("Other devices: the file runs on this kind of processor only."),
        )
    path.write_bytes(exported.serialize())
    return Conversion(lost=lost)


def _specs(signature: Signature, batch: int | None) -> Any:
    import jax
    from jax import export

    scope = export.SymbolicScope()
    specs = {}
    for number, spec in enumerate(signature.inputs):
        sides = ["batch" if batch is None else str(batch)]
        for place, side in enumerate(spec.shape[1:]):
            sides.append(f"size_{number}_{place}" if side is None else str(side))
        shape = export.symbolic_shape(", ".join(sides), scope=scope)
        specs[spec.name] = jax.ShapeDtypeStruct(shape, spec.dtype)
    return signature.packed(specs)


def open_file(path: Path, threads: int, signature: Signature) -> Runner:
    """Load it with JAX alone."""
    import jax
    from jax import export

    exported = export.deserialize(bytearray(path.read_bytes()))
    call = jax.jit(exported.call)

    def run(inputs: Arrays) -> Arrays:
        return flat_outputs(call(signature.packed(inputs)), signature)

    return Runner(run)


def code(facts: CodeFacts) -> str:
    """Return the program that writes it."""
    signature = facts.signature
    shapes = {
        spec.name: ", ".join(
            ["batch", *(f"s{place}" if s is None else str(s) for place, s in enumerate(rest))]
        )
        for spec in signature.inputs
        for rest in [spec.shape[1:]]
    }

    def one(name: str, dtype: str) -> str:
        text = f'export.symbolic_shape("{shapes[name]}", scope=scope)'
        return f'jax.ShapeDtypeStruct({text}, "{dtype}")'

    specs = [(spec.name, one(spec.name, spec.dtype)) for spec in signature.inputs]
    inputs = {
        "single": specs[0][1],
        "list": f"[{', '.join(text for _, text in specs)}]",
        "dict": f"{{{', '.join(f'{name!r}: {text}' for name, text in specs)}}}",
    }[signature.structure]
    backend = (
        ""
        if facts.backend == "jax"
        else 'import os\n\nos.environ["KERAS_BACKEND"] = "jax"  # before keras is imported\n\n'
    )
    return (
        f"{backend}import jax\nimport keras\nfrom jax import export\n\n"
        'model = keras.saving.load_model("model.keras")  # or the model that you have\n'
        "scope = export.SymbolicScope()\n"
        f"inputs = {inputs}\n"
        "function = jax.jit(lambda inputs: model(inputs, training=False))\n"
        f'exported = export.export(function, platforms=("cpu", "cuda", "tpu"))(inputs)\n'
        f'open("{facts.file_name}", "wb").write(exported.serialize())\n'
    )


def run_code(facts: CodeFacts) -> str:
    """Return the program that runs it."""
    return (
        "import jax\nimport numpy as np\nfrom jax import export\n\n"
        f'exported = export.deserialize(bytearray(open("{facts.file_name}", "rb").read()))\n'
        f"{sample_code(facts.signature)}\n"
        "print(jax.jit(exported.call)(samples))\n"
    )
