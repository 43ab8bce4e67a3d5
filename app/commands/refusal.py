"""A command that does nothing more, and says why in one line."""

from typing import IO

import click


class Refusal(click.ClickException):
    def show(self, file: IO[str] | None = None) -> None:
        click.echo(f"interlock: {self.message}", file, err=True)


class WrongSetting(Refusal):
    exit_code = 2
