"""`python -m tunelet` is the command line."""

from tunelet.cli import main

main()
