"""`python -m index`."""

import os
import sys

try:
    from index.cli import leave, main

    leave(main())
except KeyboardInterrupt:  # It fell into the import above.
    sys.stderr.write("Stopped.\n")
    os._exit(130)
