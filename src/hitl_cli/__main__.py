"""`python -m hitl_cli` is `hitl-cli`."""

import sys

from openhitl.cli.__main__ import main

if __name__ == "__main__":
    sys.argv[0] = "hitl-cli"
    main()
