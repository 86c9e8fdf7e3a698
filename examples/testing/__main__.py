"""A reminder for the team that the stack names."""

import pulumi
from reminders import declare

declare(pulumi.Config().require("team"))
