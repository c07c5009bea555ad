"""One module a format: write it, read it back by its own runtime, and the code that does so.

Each has ``convert``, which runs in the worker, ``open_file``, which runs in a fresh process, and
the two programs ``code`` and ``run_code``. No module imports its libraries before it is used.
"""
