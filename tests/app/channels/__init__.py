"""Where people hear of news."""
