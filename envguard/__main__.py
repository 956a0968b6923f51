"""`python -m envguard` is the command `envguard`."""

import sys

from envguard.frontends.cli import main

sys.exit(main())
