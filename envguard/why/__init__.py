"""From an error to its cause: what it says, what could cause that, and what confirms it here.

`symptom` reads the names in an error, `table` names the causes, each family in a module of its own, `answer` puts them
together. An error is recognised by its type and the names and numbers in it, never by its sentence, which may be in any
language; only what Python itself says (it says it in English everywhere) is taken for a type where the type is left out.
"""
