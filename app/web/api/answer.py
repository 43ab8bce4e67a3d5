"""What the API answers: JSON, and refusals as one sentence that says what to do."""

from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Refusal(Exception):
    """What is not done, and why, for whoever asked."""

    def __init__(self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


class Error(BaseModel):
    """Why something is refused, and what to do."""

    error: str


def answer(shape: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.Response(text=shape.model_dump_json(), status=status, content_type="application/json", headers=HEADERS)


def refused(refusal: Refusal) -> web.Response:
    response = answer(Error(error=refusal.message), refusal.status)
    response.headers.update(refusal.headers)
    return response


def not_found(message: str) -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, message)


def malformed(message: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, message)
