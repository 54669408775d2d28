"""`python -m index`."""

import os
import sys

try:
    from index.cli import main
    from index.reporting import leave

    leave(main())
except KeyboardInterrupt:  # It fell into the import above.
    sys.stderr.write("Stopped.\n")
    os._exit(130)
