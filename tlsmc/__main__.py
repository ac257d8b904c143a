"""``python -m tlsmc``: the command line."""

import sys

from tlsmc.cli import main

sys.exit(main())
