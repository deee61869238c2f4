"""`python -m tangra.cli`."""

import sys

from tangra.cli.main import main

sys.exit(main())
