"""What the App remembers: deliveries, the event log, tasks and the aggregates, one file each."""
