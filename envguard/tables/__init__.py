"""What is known of others' releases, as data with its sources; nothing here looks at a machine.

A release that is newer than a table is unknown to it, and whoever asks is told so: None, or an empty tuple.
"""

BASICS = ("pip", "setuptools", "wheel")
"""What pip is made of, builds with and renews by itself: nobody's work depends on whose they are."""
INSTALLERS = (*BASICS, "uv")
"""Those, and the other installer that a distribution brings."""
