"""`interlock template`: what Interlock needs in an AWS account, as CloudFormation takes it."""

from importlib.resources import files

import click

TEMPLATES = {"builds": "template.yml", "address": "address.yml"}


@click.command()
@click.argument("stack", type=click.Choice(list(TEMPLATES)), default="builds")
def template(stack: str) -> None:
    """Print a CloudFormation template for AWS.

    STACK is builds (the default: projects, roles, buckets, logs, queue), or address (news posted to the App instead).
    """
    click.echo((files("app.aws") / TEMPLATES[stack]).read_text(), nl=False)
