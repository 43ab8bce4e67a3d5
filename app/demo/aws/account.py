"""The account that everything belongs to, and how its things are named."""

from dataclasses import dataclass

NUMBER = "123456789012"
"""As moto has it: https://docs.getmoto.org/en/latest/docs/multi_account.html"""


@dataclass(frozen=True, slots=True)
class Account:
    region: str = "us-east-1"
    number: str = NUMBER

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.number}:{resource}"

    def build_arn(self, identity: str) -> str:
        return self.arn("codebuild", f"build/{identity}")

    def project_arn(self, name: str) -> str:
        return self.arn("codebuild", f"project/{name}")

    def role_arn(self, name: str) -> str:
        """Roles belong to no region."""
        return f"arn:aws:iam::{self.number}:role/{name}"

    @property
    def encryption_key(self) -> str:
        return self.arn("kms", "alias/aws/s3")
