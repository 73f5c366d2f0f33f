"""The account that runs this process, for rows that say who did something."""

import getpass
import os


def account() -> str:
    """The login name; the number of the user where there is no name for it, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
