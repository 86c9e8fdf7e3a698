"""The native provider, for the language host of Python."""

from pulumi_powerautomate.plugin.__main__ import main

main()
