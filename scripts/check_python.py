"""Say in one line what is wrong with this Python, if anything. Any Python must be able to read this file."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "aftercall needs Python 3.11 or newer, and %s is %s.%s: try `make PYTHON=python3.12 ...`"
        % (sys.executable, sys.version_info[0], sys.version_info[1])
    )
try:
    import ensurepip  # noqa: F401
    import venv  # noqa: F401
except ImportError:
    sys.exit(
        "%s has no venv module: on Debian and Ubuntu run `apt-get install python3-venv`, then try again"
        % sys.executable
    )
