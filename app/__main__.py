"""The command line: which command is in which file."""

from importlib import import_module

import click

FILES = {
    "build": ("build",),
    "check": ("check",),
    "delivery": (
        "cancel",
        "deploy",
        "emergency",
        "hold",
        "lift",
        "live",
        "override",
        "promote",
        "redeploy",
        "rollback",
        "status",
        "why",
    ),
    "demo": ("demo",),
    "links": ("links", "unlink"),
    "log": ("events", "migrate", "replay"),
    "serve": ("serve", "web", "worker"),
    "template": ("template",),
}
"""The commands of each file in `app.commands`."""


class Commands(click.Group):
    """A file is imported when one of its commands is wanted: all of them take a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(name for names in FILES.values() for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        file = next((file for file, names in FILES.items() if cmd_name in names), None)
        if file is None:
            return None
        found: click.Command = getattr(import_module(f"app.commands.{file}"), cmd_name)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="interlock", message="%(version)s")
def main() -> None:
    """Interlock builds every push once and never lets an older commit replace a newer one."""


if __name__ == "__main__":
    main()
