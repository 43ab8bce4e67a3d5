"""How requests and answers travel: AWS JSON 1.1, and Smithy RPC v2 CBOR, which botocore speaks to CodeBuild.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import cbor2
from aiohttp import web

from app.demo.aws.refusal import Refusal

SERVICES = {"CodeBuild_20161006": "codebuild", "Logs_20140328": "logs"}
NAMESPACES = {"codebuild": "com.amazonaws.codebuild", "logs": "com.amazonaws.cloudwatchlogs"}

_RPC = re.compile(r"/service/(\w+)/operation/(\w+)")


@dataclass(frozen=True, slots=True)
class Call:
    """A request for an operation of a service, by its name in botocore; `cbor` says how it travels."""

    service: str
    operation: str
    cbor: bool

    def params(self, body: bytes) -> Any:
        try:
            if self.cbor:
                return cbor2.loads(body) if body else {}
            return json.loads(body or b"{}")
        except (ValueError, cbor2.CBORDecodeError):
            raise Refusal("SerializationException", "the body cannot be read") from None

    def answer(self, document: dict[str, Any]) -> web.Response:
        return self._response(document, 200)

    def refuse(self, refusal: Refusal) -> web.Response:
        kind = f"{NAMESPACES[self.service]}#{refusal.code}" if self.cbor else refusal.code
        return self._response({"__type": kind, "message": refusal.message}, refusal.status)

    def _response(self, document: dict[str, Any], status: int) -> web.Response:
        headers = {"x-amzn-RequestId": str(uuid4())}
        if self.cbor:
            headers |= {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
            body = cbor2.dumps(document, timezone=UTC, datetime_as_timestamp=True)
        else:
            headers["Content-Type"] = "application/x-amz-json-1.1"
            body = json.dumps(document, default=_seconds).encode()
        return web.Response(body=body, status=status, headers=headers)


def called(request: web.Request) -> Call | None:
    """What is asked of CodeBuild or CloudWatch Logs; None if it is asked of others."""
    rpc = _RPC.fullmatch(request.path)
    if rpc and request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        target, operation, cbor = rpc[1], rpc[2], True
    else:
        target, _, operation = request.headers.get("X-Amz-Target", "").partition(".")
        cbor = False
    service = SERVICES.get(target)
    return Call(service, operation, cbor) if service else None


def _seconds(value: datetime) -> float:
    return value.timestamp()
