"""What the App says to Slack and hears from it."""
