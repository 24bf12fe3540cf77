"""`python -m corrbench`."""

from corrbench.cli import main

main()
