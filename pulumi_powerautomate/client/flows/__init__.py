"""Cloud flows in Dataverse: the table `workflow`."""
