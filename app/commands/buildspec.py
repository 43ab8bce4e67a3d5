"""The buildspec that a command is about, or the reason why there is none."""

from pathlib import Path

from app.commands.refusal import Refusal


def read(directory: Path, name: str) -> str:
    path = directory / name
    if not directory.exists():
        raise Refusal(f"there is no directory {directory}")
    if not directory.is_dir():
        raise Refusal(f"{directory} is not a directory; name the one that it is in (and another file with --buildspec)")
    try:
        return path.read_text()
    except FileNotFoundError:
        raise Refusal(f"there is no {path}; write one, or name another file with --buildspec") from None
    except UnicodeDecodeError:
        raise Refusal(f"{path} is not UTF-8 text") from None
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}") from None
