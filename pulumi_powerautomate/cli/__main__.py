"""`python -m pulumi_powerautomate.cli`."""

import sys

from . import main

sys.exit(main())
