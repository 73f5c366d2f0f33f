"""python -m cli: the command `hedge`."""

from cli.main import main

main()
