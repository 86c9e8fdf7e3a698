// A flow and a share of it, from Go, by Pulumi's Automation API.
//
//	go run . up | preview | destroy
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"pulumi-powerautomate/sdk/go/powerautomate"
)

// The text is canonical: numbers stay as they are written.
const definition = `{
  "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {"$authentication": {"defaultValue": {}, "type": "SecureObject"}},
  "triggers": {
    "Recurrence": {"type": "Recurrence", "recurrence": {"frequency": "Day", "interval": 1}}
  },
  "actions": {"Greet": {"type": "Compose", "inputs": "Good morning", "runAfter": {}}}
}`

func program(ctx *pulumi.Context) error {
	daily, err := powerautomate.NewCloudFlow(ctx, "daily", &powerautomate.CloudFlowArgs{
		Definition: pulumi.Any(definition),
	})
	if err != nil {
		return err
	}
	team := os.Getenv("TEAM_ID")
	if team != "" {
		_, err = powerautomate.NewFlowShare(ctx, "on-call", &powerautomate.FlowShareArgs{
			FlowId:    daily.WorkflowId,
			Principal: powerautomate.PrincipalArgs{Type: pulumi.String("team"), Id: pulumi.String(team)},
			Access:    pulumi.StringArray{pulumi.String("run-only")},
		})
		if err != nil {
			return err
		}
	}
	ctx.Export("daily", daily.WorkflowId)
	ctx.Export("state", daily.CurrentState)
	return nil
}

func run(ctx context.Context, verb string) error {
	stack, err := auto.UpsertStackInlineSource(ctx, "dev", "flows-in-go", program)
	if err != nil {
		return err
	}
	switch verb {
	case "up":
		done, err := stack.Up(ctx, optup.ProgressStreams(os.Stdout))
		if err != nil {
			return err
		}
		values := map[string]any{}
		for name, output := range done.Outputs {
			values[name] = output.Value
		}
		return json.NewEncoder(os.Stdout).Encode(values)
	case "preview":
		_, err = stack.Preview(ctx, optpreview.ProgressStreams(os.Stdout))
	case "destroy":
		_, err = stack.Destroy(ctx, optdestroy.ProgressStreams(os.Stdout))
	default:
		err = fmt.Errorf("say up, preview or destroy")
	}
	return err
}

func main() {
	verb := ""
	if len(os.Args) > 1 {
		verb = os.Args[1]
	}
	if err := run(context.Background(), verb); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
