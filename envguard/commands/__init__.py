"""From the source of a cell, or a line of a shell, to the install commands in it and what each would really change.

`cell` finds what would be started, `tools` understands its arguments, `target` tells which interpreter and prefix it is
about. Nothing is run, and nothing is read but the requirement files that a command names.
"""
