"""The webhooks that an App was sent: what they said, what was answered, and once more."""

import json

from aiohttp import web

from app.demo.github.delivery import Delivery
from app.demo.github.installation import App
from app.demo.github.pages.visit import Visit, back, page, path_to
from app.demo.github.refusal import not_found

MOST = 200
LARGEST = 256 * 1024


@page
async def deliveries(visit: Visit) -> web.StreamResponse:
    app = _app(visit)
    sent = [each for each in visit.github.deliveries if each.app is app]
    return visit.page("deliveries.html", app=app, deliveries=sent[: -MOST - 1 : -1], total=len(sent), most=MOST)


@page
async def delivery(visit: Visit) -> web.StreamResponse:
    one = _delivery(visit)
    return visit.page("delivery.html", app=one.app, delivery=one, payload=_readable(one.body))


@page
async def redeliver(visit: Visit) -> web.StreamResponse:
    one = _delivery(visit)
    await visit.github.redeliver(one.guid)
    return back(path_to("apps", one.app.slug))


def _app(visit: Visit) -> App:
    found = next((each for each in visit.github.apps.values() if each.slug == visit["slug"]), None)
    if found is None:
        raise not_found()
    return found


def _delivery(visit: Visit) -> Delivery:
    app, number = _app(visit), int(visit["delivery"])
    found = next((each for each in visit.github.deliveries if each.id == number and each.app is app), None)
    if found is None:
        raise not_found()
    return found


def _readable(body: bytes) -> str:
    if len(body) > LARGEST:
        return f"{len(body)} bytes, more than a page shows."
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode(errors="replace")


DELIVERY = r"/apps/{slug}/deliveries/{delivery:\d{1,18}}"
ROUTES = [
    web.get("/apps/{slug}", deliveries),
    web.get(DELIVERY, delivery),
    web.post(DELIVERY + "/redeliver", redeliver),
]
