"""GitHub: everything that the App knows of its interface, and the ports of CI that it fills.

`client.py` asks one question and survives the answer; it stands on `auth.py` and `tokens.py` (who asks),
`throttle.py`, `lane.py` and `rate_limit.py` (when), `redirect.py` (where) and `errors.py` (what went wrong).
`repository.py` follows a repository through renames. On these stand the adapters: `checks.py`, `people.py`,
`source.py` and `installations.py`. `webhook.py` translates what GitHub tells by itself.
"""
