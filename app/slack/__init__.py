"""Everything we know of Slack: who speaks, what they said, how a message looks there, and how it is sent."""
