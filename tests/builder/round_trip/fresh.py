"""Runs programs in a process that cannot import kwidgets: a line of JSON in, a line out, each."""

from __future__ import annotations

import json
import os
import sys
import traceback

sys.modules["kwidgets"] = None  # type: ignore[assignment]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import inputs  # noqa: E402
import keras  # noqa: E402


def answer(request: dict[str, object]) -> dict[str, object]:
    """Run a program as a process would that has just begun."""
    # Keras names layers, keeps its dtype policy and its seeds here.
    keras.utils.clear_session(free_memory=False)
    space: dict[str, object] = {"__name__": "__main__"}
    try:
        exec(compile(str(request["source"]), "<program>", "exec"), space)
        model = space["model"]
        config = json.dumps(model.get_config(), default=_plain, sort_keys=True)
        outputs = inputs.run(model, int(request["seed"])) if request["outputs"] else None
        return {
            "name": request["name"],
            "config": config,
            "trainable": len(model.trainable_weights),
            "outputs": outputs,
            "error": None,
        }
    except Exception:
        return {"name": request["name"], "error": traceback.format_exc()[-3000:]}


def _plain(item: object) -> object:
    return item.tolist() if hasattr(item, "tolist") else repr(item)


def main() -> None:
    for line in sys.stdin:
        # Keras prints: the answers have a stream of their own.
        os.write(_ANSWERS, (json.dumps(answer(json.loads(line))) + "\n").encode())


if __name__ == "__main__":
    _ANSWERS = os.dup(1)
    os.dup2(2, 1)
    main()
