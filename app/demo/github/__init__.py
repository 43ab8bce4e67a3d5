"""A GitHub on this machine whose state emits the webhooks.

All of it is one object, `server.LocalGitHub`. What it knows and does is a stack of classes, as everything that happens
changes the state and sends webhooks. Each is the next one's base, and calls only what stands above it:

    model.Model            the state, and the questions about it
    webhooks.Webhooks      webhooks wait, leave and are logged
    hosting.Hosting        accounts and repositories
    pushing.Pushing        refs move
    proposing.Proposing    pull requests
    commenting.Commenting  comments on pull requests
    checking.Checking      check runs, and their buttons
    deploying.Deploying    environments, deployments and what is said of them
    installing.Installing  Apps and where they are installed
    queueing.Queueing      the merge queue
    platform.Platform      who may ask, and how often
    server.LocalGitHub     the port on loopback

Three doors lead in: `rest`, `git_http` and `pages`. What leaves as JSON is written by `documents`.
"""
