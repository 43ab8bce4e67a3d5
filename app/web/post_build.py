"""The doors `/post_build.sh…`, where builds on other machines get the script that publishes, and its digest."""

from http import HTTPStatus

from aiohttp import web

from checks.runners.post_build import SHA256, TEXT, VERSION

NAME = "post_build.sh"
FOR_FIVE_MINUTES = "public, max-age=300"
FOR_A_YEAR = "public, max-age=31536000, immutable"


def register(app: web.Application) -> None:
    app.router.add_get(f"/{NAME}", _latest)
    app.router.add_get(f"/{NAME}.sha256", _digest)
    app.router.add_get("/post_build/{version}.sh", _version)


async def _latest(request: web.Request) -> web.StreamResponse:
    return _script(request, FOR_FIVE_MINUTES)


async def _version(request: web.Request) -> web.StreamResponse:
    if request.match_info["version"] == VERSION:
        return _script(request, FOR_A_YEAR)
    message = f"This Interlock has version {VERSION} of post_build.sh alone: get /post_build/{VERSION}.sh.\n"
    return web.Response(text=message, status=HTTPStatus.NOT_FOUND)


async def _digest(_request: web.Request) -> web.Response:
    """As sha256sum writes it, for `sha256sum --check`."""
    return web.Response(text=f"{SHA256}  {NAME}\n", headers={"Cache-Control": FOR_FIVE_MINUTES})


def _script(request: web.Request, cache: str) -> web.StreamResponse:
    headers = {"Cache-Control": cache, "ETag": f'"{SHA256}"', "X-Content-Type-Options": "nosniff"}
    if any(tag.value in {SHA256, "*"} for tag in request.if_none_match or ()):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=TEXT, content_type="text/x-shellscript", charset="utf-8", headers=headers)
