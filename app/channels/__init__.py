"""Where people hear of news: one kind a file. What each has to do is `deploy.ports.Channels`; the settings choose."""
