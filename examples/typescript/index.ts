// A flow that calls another one, from TypeScript, by Pulumi's Automation API.
//
//   node bin/index.js up | preview | destroy
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import * as powerautomate from "pulumi-powerautomate";

const schema =
    "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#";

function definition(trigger: object, actions: object): object {
    return {
        $schema: schema,
        contentVersion: "1.0.0.0",
        parameters: { $authentication: { defaultValue: {}, type: "SecureObject" } },
        triggers: trigger,
        actions,
    };
}

async function program() {
    const greeting = new powerautomate.CloudFlow("greeting", {
        definition: definition(
            { manual: { type: "Request", kind: "Button", inputs: {} } },
            {
                Respond: {
                    type: "Response",
                    kind: "Button",
                    runAfter: {},
                    inputs: { statusCode: 200, body: { text: "Good morning" } },
                },
            },
        ),
    });
    // The child's id makes this flow come after it.
    const daily = new powerautomate.CloudFlow("daily", {
        description: "Says good morning",
        definition: definition(
            { Recurrence: { type: "Recurrence", recurrence: { frequency: "Day", interval: 1 } } },
            {
                Call_greeting: {
                    type: "Workflow",
                    runAfter: {},
                    inputs: { host: { workflowReferenceName: greeting.workflowId } },
                },
            },
        ),
    });
    const found = powerautomate.getFlowsOutput({ name: daily.name });
    return {
        daily: daily.workflowId,
        state: daily.currentState,
        named: found.flows.apply((flows) => flows.length),
    };
}

async function main() {
    const stack = await LocalWorkspace.createOrSelectStack({
        stackName: "dev",
        projectName: "flows-in-typescript",
        program,
    });
    const onOutput = (text: string) => process.stdout.write(text);
    switch (process.argv[2]) {
        case "up":
            const done = await stack.up({ onOutput });
            console.log(JSON.stringify(Object.fromEntries(
                Object.entries(done.outputs).map(([name, output]) => [name, output.value]),
            )));
            break;
        case "preview":
            await stack.preview({ onOutput });
            break;
        case "destroy":
            await stack.destroy({ onOutput });
            break;
        default:
            throw new Error("say up, preview or destroy");
    }
}

main().catch((problem) => {
    console.error(String(problem));
    process.exit(1);
});
