"""Notebooks, Dockerfiles, scripts, environment files and CI's files read for what they ask installers for; nothing is run.

`walk` finds the files, a reader for each kind makes `envguard.scanned` of them, the rules judge, `rewrite` puts right what
can be put right without doubt.
"""
