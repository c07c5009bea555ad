"""The rules, grouped by what they check; each module has a table ``RULES``."""
