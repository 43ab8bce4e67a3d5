"""auth.test and users.info: who is who."""

from app.demo.slack.api.call import Call, Method
from app.demo.slack.message import Json


def test(call: Call) -> Json:
    here = call.installation
    grid = {"enterprise_id": here.workspace.enterprise_id} if here.workspace.enterprise_id else {}
    return {
        "url": f"https://{here.workspace.domain}.slack.invalid/",
        "team": here.workspace.domain,
        "team_id": here.workspace.id,
        "user": here.bot.name,
        "user_id": here.bot.id,
        "bot_id": here.bot_id,
        "is_enterprise_install": False,
        **grid,
    }


def info(call: Call) -> Json:
    workspace = call.installation.workspace
    who = call.slack.user(workspace.id, call.text("user"))
    profile = {"real_name": who.real_name, "display_name": who.name, "team": workspace.id}
    told: Json = {
        "id": who.id,
        "team_id": workspace.id,
        "name": who.name,
        "real_name": who.real_name,
        "deleted": False,
        "tz": "Europe/Berlin",
        "tz_offset": 3600,
        "profile": profile,
        "is_bot": who.is_bot,
        "is_app_user": False,
    }
    return {"user": told}


METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "auth.test": (test, ()),
    "users.info": (info, ("users:read",)),
}
