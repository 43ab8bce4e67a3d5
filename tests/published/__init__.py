"""What GitHub publishes about itself, for tests: examples and schemas of webhooks, the description of the API.

The npm client fetches it once; it stays in `.cache/` at the root of the repository.
"""
