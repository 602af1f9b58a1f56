"""`python -m server.cli`: the same as the console script."""

import sys

from . import main

sys.exit(main())
