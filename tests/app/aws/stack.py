"""A template as CloudFormation makes it, conditions decided and references followed; and what its policies allow."""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.decode import decode  # type: ignore[import-untyped]  # no stubs

HERE = Path("app/aws")
PSEUDO = {
    "AWS::Partition": "aws-cn",
    "AWS::Region": "cn-north-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "ci",
    "AWS::URLSuffix": "amazonaws.com.cn",
}
NO_VALUE = object()
ARNS = {
    "AWS::IAM::Role": "iam::123456789012:role/{}",
    "AWS::Logs::LogGroup": "logs:cn-north-1:123456789012:log-group:{}:*",
    "AWS::S3::Bucket": "s3:::{}",
    "AWS::CodeBuild::Project": "codebuild:cn-north-1:123456789012:project/{}",
}
NAMES = {"AWS::Logs::LogGroup": "LogGroupName", "AWS::CodeBuild::Project": "Name"}

EVERYTHING = {
    "Aarch64Project": "yes",
    "DockerLayerCache": "yes",
    "ParameterPath": "/ci",
    "HandOffPath": "/prx/stag/Spire",
    "DeployFunctions": "web-*",
    "DeployBucket": "acme-site",
    "DeployDistribution": "E2EXAMPLE",
    "Alarms": "yes",
    "BuildSecrets": "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:hub-AbCdEf",
    "SourceSecrets": "yes",
    "PublishRegions": "cn-northwest-1,eu-central-1",
    "CopyBuckets": "arn:aws-cn:s3:::there,arn:aws-cn:s3:::there/GitHub/*",
    "AlarmTopic": "arn:aws-cn:sns:cn-north-1:123456789012:pager",
    "AppPrincipal": "arn:aws-cn:iam::123456789012:root",
}
"""Parameters that ask for all that the template can make."""


@cache
def template(name: str) -> dict[str, Any]:
    read, problems = decode(str(HERE / name))
    assert read is not None, problems
    return dict(read)


class Stack:
    def __init__(self, name: str = "template.yml", **parameters: str) -> None:
        self.template = template(name)
        self.given = PSEUDO | {name: each.get("Default", "") for name, each in self.template["Parameters"].items()}
        self.given |= parameters
        self.resources = {
            name: each
            for name, each in self.template["Resources"].items()
            if "Condition" not in each or self._holds(each["Condition"])
        }

    def properties(self, resource: str) -> Any:
        return self.resolved(self.resources[resource]["Properties"])

    def output(self, name: str) -> str:
        return str(self.resolved(self.template["Outputs"][name]["Value"]))

    def resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self.resolved, value) if each is not NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1 and (found := getattr(self, "_" + next(iter(value)).rpartition(":")[2].lower(), None)):
            return found(next(iter(value.values())))
        return {key: each for key, old in value.items() if (each := self.resolved(old)) is not NO_VALUE}

    def _holds(self, condition: str) -> bool:
        return bool(self.resolved(self.template["Conditions"][condition]))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name not in self.given:
            each = self.resources[name]
            return self.resolved(each.get("Properties", {}).get(NAMES.get(each["Type"], ""), f"ci-{name.lower()}"))
        listed = self.template["Parameters"].get(name, {}).get("Type") == "CommaDelimitedList"
        return self.given[name].split(",") if listed else self.given[name]

    def _getatt(self, path: Any) -> str:
        name, attribute = path.split(".") if isinstance(path, str) else path
        form = ARNS.get(self.resources[name]["Type"], "other:::{}") if attribute == "Arn" else "{}"
        return (f"arn:{PSEUDO['AWS::Partition']}:" if attribute == "Arn" else "") + form.format(self._ref(name))

    def _sub(self, given: Any) -> str:
        text, more = given if isinstance(given, list) else (given, {})

        def value(found: re.Match[str]) -> str:
            name = found[1]
            return str(
                self.resolved(more[name]) if name in more else self._getatt(name) if "." in name else self._ref(name)
            )

        return re.sub(r"\$\{([\w:.]+)\}", value, text)

    def _if(self, given: Any) -> Any:
        condition, yes, no = given
        return self.resolved(yes if self._holds(condition) else no)

    def _join(self, given: Any) -> str:
        return str(given[0]).join(self.resolved(given[1]))

    def _equals(self, given: Any) -> bool:
        one, other = self.resolved(given)
        return bool(one == other)

    def _not(self, given: Any) -> bool:
        return not self.resolved(given[0])

    def statements(self, resource: str) -> list[dict[str, Any]]:
        properties = self.properties(resource)
        documents = [each["PolicyDocument"] for each in properties.get("Policies", [properties])]
        return [statement for document in documents for statement in document["Statement"]]

    def actions(self, resource: str) -> set[str]:
        return {action for each in self.statements(resource) for action in several(each["Action"])}

    def allows(self, resource: str, action: str, target: str, **context: str) -> bool:
        """`context` holds the keys of conditions, with _ in place of the colon."""
        return any(_matches(each, action, target, context) for each in self.statements(resource))


def several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _matches(statement: Mapping[str, Any], action: str, target: str, context: Mapping[str, str]) -> bool:
    assert statement["Effect"] == "Allow"
    return (
        _any(action, statement["Action"])
        and _any(target, statement["Resource"])
        and all(
            context.get(key.replace(":", "_")) in several(wanted)
            for each in statement.get("Condition", {}).values()
            for key, wanted in each.items()
        )
    )


def _any(value: str, patterns: str | Iterable[str]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in several(patterns))  # type: ignore[arg-type]
