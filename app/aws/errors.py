"""What AWS refuses, in one sentence."""

from typing import Any

from checks.errors import Transient


def explained(error: Exception, asked: str) -> Transient:
    """`asked` is the operation: `ReceiveMessage`. AWS's own text may name accounts and roles, never secrets."""
    response: Any = getattr(error, "response", None)
    if not isinstance(response, dict):
        return Transient(f"AWS could not be asked for {asked}: {error}")
    details = response.get("Error", {})
    return Transient(f"AWS said {details.get('Code', 'nothing')} on {asked}: {details.get('Message', '')}")
