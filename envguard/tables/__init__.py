"""What is known of others' releases, as data with its sources; nothing here looks at a machine.

A release that is newer than a table is unknown to it, and whoever asks is told so: None, or an empty tuple.
"""
