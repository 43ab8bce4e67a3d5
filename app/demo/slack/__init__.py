"""A Slack on this machine: people who type and press, and an App that is told and answers.

All of it is one object, `server.LocalSlack`. What it knows and does is a stack of classes; each is the next one's base,
and calls only what stands above it:

    model.Model            workspaces, people, channels, the App, and the questions about them
    posting.Posting        messages come, change and go
    responding.Responding  response URLs
    viewing.Viewing        modals, and the trigger ids that open them
    telling.Telling        the App is told: signed requests, or Socket Mode
    acting.Acting          what people do
    platform.Platform      how often the App may ask, and what goes wrong
    server.LocalSlack      the port on loopback

Two doors lead in: `api` for the App, and `pages` for people. What Slack accepts as a message or a modal is in
`block_kit`.
"""
