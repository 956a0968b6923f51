"""Says a report aloud: in a terminal, in a notebook, to a program. Pure functions of a Report that judge nothing.

Nothing is imported here: a check in a kernel needs one of a dozen renderers, and the others would take longer to import
than its report takes to make. `frontends/output.py` has the table of formats.
"""
