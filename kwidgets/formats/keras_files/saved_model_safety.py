"""Find operations in a SavedModel that may read or write files, or call Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kwidgets.formats.graphs.frozen_graph_layer import REFUSED_OPERATIONS, REFUSED_PREFIXES


def refused_in_saved_model(graph: Any) -> list[str]:
    """Return such operations of a MetaGraphDef, without those that save and restore its weights.

    Each SavedModel has functions that read and write its own checkpoint, named in ``saver_def``.
    They are left out only where nothing else calls them.
    """
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    savers = {
        graph.saver_def.save_tensor_name.split(":")[0],
        graph.saver_def.restore_op_name.split(":")[0],
    }
    nodes = list(graph.graph_def.node)
    saving = _called([node for node in nodes if node.name in savers], functions)
    others = [node for node in nodes if node.name not in savers]
    rest = [
        node
        for name, function in functions.items()
        if name not in saving
        for node in function.node_def
    ]
    checked = _called([*others, *rest], functions)
    found = {
        node.op
        for node in [*others, *rest, *(n for name in checked for n in functions[name].node_def)]
        if node.op != "Assert"
        and (node.op in REFUSED_OPERATIONS or node.op.startswith(REFUSED_PREFIXES))
    }
    return sorted(found)


def _called(nodes: Iterable[Any], functions: Mapping[str, Any]) -> set[str]:
    """Return the names of all functions that nodes call, directly or through others."""
    found: set[str] = set()
    queue = list(nodes)
    while queue:
        node = queue.pop()
        names = [node.op]
        for value in node.attr.values():
            names += [value.func.name, *(each.name for each in value.list.func)]
        for name in names:
            if name in functions and name not in found:
                found.add(name)
                queue += functions[name].node_def
    return found
