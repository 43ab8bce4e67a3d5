"""What AWS refuses: which errors are its own, their code, and what they say in one sentence."""

from typing import Any

from checks.errors import Transient


def is_of_aws(error: Exception) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # no stubs  # noqa: PLC0415  half a second, and only where AWS is asked

    return isinstance(error, (BotoCoreError, ClientError))


def code_of(error: Exception) -> str:
    """`NoSuchKey`; empty if AWS did not answer."""
    return str((_answer(error) or {}).get("Code", ""))


def explained(error: Exception, asked: str) -> Transient:
    """`asked` is the operation: `ReceiveMessage`. AWS's own text may name accounts and roles, never secrets."""
    said = _answer(error)
    if said is None:
        return Transient(f"AWS could not be asked for {asked}: {error}")
    return Transient(f"AWS said {said.get('Code', 'nothing')} on {asked}: {said.get('Message', '')}")


def _answer(error: Exception) -> dict[str, Any] | None:
    """A code and a message; None if there was no answer."""
    response: Any = getattr(error, "response", None)
    return response.get("Error", {}) if isinstance(response, dict) else None
