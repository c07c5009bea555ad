"""What a node of a cluster has installed: sent as source to it, as it may not have kwidgets."""

from __future__ import annotations

from collections.abc import Sequence


def probe(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python and of packages here."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
