"""GitHub: everything that the App knows of its interface, and the ports of CI that it fills.

`client.py` asks one question (`exchange.py`) and survives the answer; it stands on `transport.py` and `redirect.py`
(where), `auth.py` and `tokens.py` (who asks), `throttle.py`, `lane.py` and `rate_limit.py` (when), and `errors.py`
(what went wrong). `repository.py` follows a repository through renames. On these stand the adapters: `checks.py` with
`check_body.py`, `people.py`, and `source.py` with `cache.py`. `webhook.py` translates what GitHub tells by itself, as
`payload.py` reads it.
"""
