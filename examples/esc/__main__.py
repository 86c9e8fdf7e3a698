"""A flow; nothing in the program says where it goes or who signs in."""

import pulumi

import pulumi_powerautomate as powerautomate

heartbeat = powerautomate.CloudFlow(
    "heartbeat",
    definition={
        "triggers": {
            "Every_hour": {
                "type": "Recurrence",
                "recurrence": {"frequency": "Hour", "interval": 1},
            }
        },
        "actions": {"Beat": {"type": "Compose", "inputs": "@utcNow()", "runAfter": {}}},
    },
)

pulumi.export("flow", heartbeat.id)
