"""The policy pack: the rules come with the package, the file says which of them hold."""

from pathlib import Path

from pulumi_powerautomate.policies.pack import policy_pack

policy_pack(Path(__file__).parent / "policies.json")
