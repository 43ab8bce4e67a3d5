"""Lambda's functions, versions and aliases, with what moto has not: revisions and checksums that are compared, updates
that take a while, and versions of objects. No code is run: `answer` says what a function would.

https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

from aiohttp import web

from app.demo.aws.account import Account
from app.demo.aws.proxy import Behind
from app.demo.aws.refusal import Refusal

PATH = "/2015-03-31/functions"
LATEST = "$LATEST"
LONGEST_DESCRIPTION = 256
FAILED = "Unhandled"

Json = dict[str, Any]
_ROUTE = re.compile(rf"{PATH}(?:/(?P<name>[^/]+)(?:/(?P<part>[a-z-]+)(?:/(?P<alias>[^/]+))?)?)?/?")
_CREDENTIAL = re.compile(r"Credential=[^/]+/\d+/(?P<region>[a-z0-9-]+)/")


@dataclass
class Function:
    """`versions` has $LATEST and what was published of it, each with its `Code` beside its configuration."""

    versions: dict[str, Json]
    aliases: dict[str, Json] = field(default_factory=dict)
    published: int = 0
    reads_left: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    payload: Any
    failed: bool = False


class Functions:
    """`updating` is how many reads see an update in progress. `broken` is the reason why updates fail, if they do."""

    def __init__(self, account: Account, moto: Behind) -> None:
        self._account = account
        self._moto = moto
        self._functions: dict[tuple[str, str], Function] = {}
        self.updating = 0
        self.broken = ""
        self.answer: Callable[[str, str, Any], Answer] = lambda _name, _version, event: Answer(event)
        self.invoked: list[tuple[str, str, Any]] = []
        self._operations: Mapping[tuple[str, str], Callable[[Function, Json], Json]] = {
            ("GET", "one"): self._get,
            ("GET", "configuration"): self._get_configuration,
            ("PUT", "configuration"): self._update_configuration,
            ("POST", "versions"): self._publish,
            ("POST", "aliases"): self._create_alias,
            ("GET", "aliases"): self._get_alias,
            ("PUT", "aliases"): self._update_alias,
        }

    async def serve(self, request: web.Request) -> web.Response:
        """Any request below PATH."""
        try:
            return await self._do(request)
        except Refusal as refusal:
            body = {"Type": "User", "Message": refusal.message, "message": refusal.message}
            return _json(body, refusal.status, {"x-amzn-ErrorType": refusal.code})

    async def _do(self, request: web.Request) -> web.Response:
        route, scope = _ROUTE.fullmatch(request.path), _CREDENTIAL.search(request.headers.get("Authorization", ""))
        region = scope["region"] if scope else self._account.region
        body = await request.read()
        name, part = (unquote(route["name"] or ""), route["part"] or "one") if route else ("", "")
        if part == "invocations":
            return self._invoke(self._function(region, name), request.query, body)
        params = {**json.loads(body or b"{}"), **request.query}
        match request.method, part:
            case "POST", "one" if not name:
                return _json(await self._create(region, params), 201)
            case "PUT", "code":
                return _json(await self._update_code(self._function(region, name), params))
            case asked if route and asked in self._operations:
                alias = {"Name": route["alias"]} if route["alias"] else {}
                return _json(self._operations[asked](self._function(region, name), params | alias))
        raise Refusal("UnknownOperationException", f"These functions do not know {request.method} {request.path}.")

    def _function(self, region: str, name: str) -> Function:
        if (region, name) not in self._functions:
            raise _not_found(f"arn:aws:lambda:{region}:{self._account.number}:function:{name}")
        return self._functions[region, name]

    # --- code ------------------------------------------------------------------------------------

    async def _create(self, region: str, params: Json) -> Json:
        name = params["FunctionName"]
        latest = {
            "FunctionName": name,
            "FunctionArn": f"arn:aws:lambda:{region}:{self._account.number}:function:{name}",
            "Description": params.get("Description", ""),
            "PackageType": params.get("PackageType", "Zip"),
            "Version": LATEST,
            "State": "Active",
            "LastUpdateStatus": "Successful",
            **await self._code(params["Code"], params.get("PackageType", "Zip")),
        }
        self._functions[region, name] = Function({LATEST: _revised(latest)})
        return _configuration(latest)

    async def _update_code(self, function: Function, params: Json) -> Json:
        latest = function.versions[LATEST]
        _compare(latest, params)
        latest |= await self._code(params, latest["PackageType"])
        function.reads_left = self.updating
        if self.updating:
            latest["LastUpdateStatus"] = "InProgress"
        else:
            self._updated(latest)
        return _configuration(_revised(latest))

    async def _code(self, said: Json, package: str) -> Json:
        if (package == "Image") != ("ImageUri" in said):
            raise _invalid(f"Please provide code for the package type {package}.")
        if package == "Image":
            uri = said["ImageUri"]
            return {"CodeSha256": uri.rpartition("@sha256:")[2], "Code": {"ImageUri": uri, "ResolvedImageUri": uri}}
        content = await self._object(said["S3Bucket"], said["S3Key"], said.get("S3ObjectVersion", ""))
        return {"CodeSha256": _checksum(content), "Code": {"RepositoryType": "S3"}}

    async def _object(self, bucket: str, key: str, version: str) -> bytes:
        scope = f"testing/20260101/{self._account.region}/s3/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
        params = {"versionId": version} if version else {}
        url = f"{self._moto.url}/{bucket}/{quote(key)}"
        async with self._moto.session.get(url, params=params, headers=headers) as answer:
            if not answer.ok:
                raise _invalid(f"Error occurred while GetObject. S3 Error Code: NoSuchKey: {bucket}/{key}")
            return await answer.read()

    def _updated(self, latest: Json) -> None:
        """The revision is another one after the update: https://github.com/aws/aws-sdk/issues/377"""
        latest["LastUpdateStatus"] = "Failed" if self.broken else "Successful"
        latest["LastUpdateStatusReason"] = self.broken
        _revised(latest)

    # --- operations on one function --------------------------------------------------------------

    def _get(self, function: Function, params: Json) -> Json:
        version = self._resolved(function, params.get("Qualifier", LATEST))
        if version is function.versions[LATEST] and version["LastUpdateStatus"] == "InProgress":
            function.reads_left -= 1
            if function.reads_left < 0:
                self._updated(version)
        return {"Configuration": _configuration(version), "Code": version["Code"]}

    def _get_configuration(self, function: Function, params: Json) -> Json:
        return dict(self._get(function, params)["Configuration"])

    def _update_configuration(self, function: Function, params: Json) -> Json:
        latest = function.versions[LATEST]
        _compare(latest, params)
        latest["Description"] = params.get("Description", latest["Description"])
        return _configuration(_revised(latest))

    def _publish(self, function: Function, params: Json) -> Json:
        latest = function.versions[LATEST]
        _compare(latest, params)
        if params.get("CodeSha256", latest["CodeSha256"]) != latest["CodeSha256"]:
            ours = f"is different from current CodeSHA256 in $LATEST ({latest['CodeSha256']})"
            raise _invalid(f"CodeSHA256 ({params['CodeSha256']}) {ours}. Please try again with it.")
        last = function.versions.get(str(function.published))
        if last is None or any(last[each] != latest[each] for each in ("CodeSha256", "Description")):
            function.published += 1
            last = deepcopy(latest) | {"Version": str(function.published)}
            last["FunctionArn"] += f":{function.published}"
            function.versions[last["Version"]] = _revised(last)
            _revised(latest)
        return _configuration(last)

    def _create_alias(self, function: Function, params: Json) -> Json:
        arn = f"{function.versions[LATEST]['FunctionArn']}:{params['Name']}"
        function.aliases[params["Name"]] = {"AliasArn": arn, "Name": params["Name"], "Description": ""}
        return self._update_alias(function, params)

    def _get_alias(self, function: Function, params: Json) -> Json:
        if params["Name"] not in function.aliases:
            raise Refusal("ResourceNotFoundException", f"Cannot find alias arn: {params['Name']}", 404)
        return function.aliases[params["Name"]]

    def _update_alias(self, function: Function, params: Json) -> Json:
        alias = self._get_alias(function, params)
        _compare(alias, params)
        weights: Mapping[str, float] = params.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        version: str = params.get("FunctionVersion") or alias["FunctionVersion"]
        for each in (version, *weights):
            self._resolved(function, each)
        if len(weights) > 1 or version in weights or any(not 0 <= weight <= 1 for weight in weights.values()):
            raise _invalid("An alias routes to one further version, with a weight between 0 and 1.")
        if len(params.get("Description", "")) > LONGEST_DESCRIPTION:
            raise _invalid("Description: Member must have length less than or equal to 256")
        alias["FunctionVersion"] = version
        alias["Description"] = params.get("Description", alias["Description"])
        if "RoutingConfig" in params:
            alias["RoutingConfig"] = {"AdditionalVersionWeights": dict(weights)} if weights else None
        return _revised(alias)

    def _invoke(self, function: Function, params: Mapping[str, str], body: bytes) -> web.Response:
        version = self._resolved(function, params.get("Qualifier", LATEST))
        invoked = (version["FunctionName"], version["Version"], json.loads(body or b"null"))
        self.invoked.append(invoked)
        answer = self.answer(*invoked)
        headers = {"X-Amz-Executed-Version": version["Version"]}
        return _json(answer.payload, headers=headers | ({"X-Amz-Function-Error": FAILED} if answer.failed else {}))

    def change_code(self, region: str, name: str, content: bytes) -> None:
        """As somebody does who deploys by hand, at this very moment."""
        latest = self._functions[region, name].versions[LATEST]
        _revised(latest)["CodeSha256"] = _checksum(content)

    def delete_version(self, region: str, name: str, version: str) -> None:
        """As somebody does who tidies up."""
        del self._functions[region, name].versions[version]

    def _resolved(self, function: Function, qualifier: str) -> Json:
        version = function.aliases.get(qualifier, {}).get("FunctionVersion", qualifier)
        if version not in function.versions:
            raise _not_found(f"{function.versions[LATEST]['FunctionArn']}:{qualifier}")
        return function.versions[version]


def _compare(resource: Json, params: Json) -> None:
    if resource.get("LastUpdateStatus") == "InProgress":
        about = resource["FunctionArn"]
        why = f"The operation cannot be performed at this time. An update is in progress for resource: {about}"
        raise Refusal("ResourceConflictException", why, 409)
    if params.get("RevisionId", resource.get("RevisionId")) != resource.get("RevisionId"):
        why = "The Revision Id provided does not match the latest Revision Id. Call the GetFunction or GetAlias API"
        raise Refusal("PreconditionFailedException", why, 412)


def _revised(resource: Json) -> Json:
    resource["RevisionId"] = str(uuid4())
    return resource


def _checksum(content: bytes) -> str:
    return b64encode(sha256(content).digest()).decode()


def _configuration(version: Json) -> Json:
    return {name: value for name, value in version.items() if name != "Code"}


def _json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(body, status=status, headers={"x-amzn-RequestId": str(uuid4()), **(headers or {})})


def _invalid(why: str) -> Refusal:
    return Refusal("InvalidParameterValueException", why)


def _not_found(arn: str) -> Refusal:
    return Refusal("ResourceNotFoundException", f"Function not found: {arn}", 404)
