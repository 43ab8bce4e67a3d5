"""A GitHub on this machine whose state emits the webhooks."""
