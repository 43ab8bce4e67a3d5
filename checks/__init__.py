"""CI: a change becomes builds, and each build shows as a check on its commit.

A push to the default branch, a pull request or a merge group is a *change*. If its commit has a
`buildspec.yml` that contains `PRX_`, the change asks for one *build* per architecture. A build of
code that nobody with write access vouches for waits for approval. A *runner* runs the build; what
it reports moves the build from state to state, and every move shows as a *check run* on the commit,
with buttons that come back as events. A newer head cancels the builds of an older one.

`flow.py` tells this story, `events.py` lists what is heard and said, the other files are its nouns.
"""
