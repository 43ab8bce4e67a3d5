"""How things read in GitHub's JSON, in REST and in webhooks alike; one file for each kind of thing."""
