"""REST: repositories, their files and commits, and who may do what."""

from base64 import encodebytes

from aiohttp import web

from app.demo.github.account import Permission
from app.demo.github.documents.account import account
from app.demo.github.documents.commit import commit, comparison, content, git_commit, tree_entry
from app.demo.github.documents.fields import Json, node_id
from app.demo.github.documents.repository import repository
from app.demo.github.refusal import Refusal, not_found
from app.demo.github.repository import Repository
from app.demo.github.rest.call import REPO, Call, Route, reply

LARGEST_CONTENT = 1 << 20
MOST_COMPARED = 250


async def get(call: Call) -> web.Response:
    repo = call.repository()
    return reply(_full(call, repo))


def _full(call: Call, repo: Repository) -> Json:
    github, held = call.github, call.github.permission(call.caller.account, repo)
    document = repository(github, repo) | {
        "network_count": 0,
        "subscribers_count": 0,
        "permissions": {
            "admin": held.allows(Permission.ADMIN),
            "maintain": held.allows(Permission.MAINTAIN),
            "push": held.allows(Permission.WRITE),
            "triage": held.allows(Permission.TRIAGE),
            "pull": held.allows(Permission.READ),
        },
    }
    if repo.owner.type == "Organization":
        document["organization"] = account(github, repo.owner)
    if repo.parent is not None:
        document["parent"] = document["source"] = repository(github, repo.parent)
    return document


async def permission(call: Call) -> web.Response:
    repo, who = call.repository(), call.github.user(call.text("login"))
    held = call.github.permission(who, repo)
    person = account(call.github, who) | {"role_name": str(held)}
    return reply({"permission": held.legacy, "role_name": str(held), "user": person})


async def contents(call: Call) -> web.Response:
    repo, path = call.repository("contents"), call.text("path").strip("/")
    git, ref = call.github.git(repo), call.query("ref") or repo.default_branch
    entry = await git.entry(ref, path) if path else None
    if path and entry is None:
        return await _nothing(call, repo, ref)
    if entry is None or entry.kind == "tree":
        listed = [content(call.github, repo, ref, each) for each in await git.directory(ref, path)]
        return reply(listed) if listed else await _nothing(call, repo, ref)
    document = content(call.github, repo, ref, entry)
    if entry.kind == "blob":
        raw = await git.blob(entry.sha) or b""
        if "raw" in call.request.headers.get("Accept", ""):
            return web.Response(body=raw, content_type="application/vnd.github.raw")
        small = len(raw) <= LARGEST_CONTENT
        document |= {"content": encodebytes(raw).decode() if small else "", "encoding": "base64" if small else "none"}
    return reply(document)


async def _nothing(call: Call, repo: Repository, ref: str) -> web.Response:
    git = call.github.git(repo)
    if await git.resolve(ref) is not None:
        raise not_found()
    raise Refusal(404, f"No commit found for the ref {ref}" if await git.refs() else "This repository is empty.")


async def blob(call: Call) -> web.Response:
    repo, sha = call.repository("contents"), call.text("sha")
    raw = await call.github.git(repo).blob(sha)
    if raw is None:
        raise not_found()
    url = f"{call.github.api_url}/repos/{repo.full_name}/git/blobs/{sha}"
    text = encodebytes(raw).decode()
    return reply(
        {
            "sha": sha,
            "node_id": node_id("Blob", repo.id) + sha,
            "size": len(raw),
            "url": url,
            "content": text,
            "encoding": "base64",
        }
    )


async def tree(call: Call) -> web.Response:
    """Of a commit, a branch or a tree itself; `recursive` lists what is below too, whatever its value."""
    repo, name = call.repository("contents"), call.text("tree")
    git = call.github.git(repo)
    if not await git.refs():
        raise Refusal(409, "Git Repository is empty.")
    sha, entries = await git.tree(name, recursive=bool(call.query("recursive")))
    if not sha:
        raise not_found()
    url = f"{call.github.api_url}/repos/{repo.full_name}/git"
    listed = [tree_entry(url, each) for each in entries]
    return reply({"sha": sha, "url": f"{url}/trees/{sha}", "tree": listed, "truncated": False})


async def one_git_commit(call: Call) -> web.Response:
    repo, sha = call.repository("contents"), call.text("sha")
    if await call.github.git(repo).resolve(sha) != sha:
        raise not_found()
    return reply(git_commit(call.github, repo, await call.github.git(repo).commit(sha)))


async def one_commit(call: Call) -> web.Response:
    repo, ref = call.repository("contents"), call.text("ref")
    sha = await call.github.git(repo).resolve(ref)
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    return reply(await commit(call.github, repo, sha))


async def commits(call: Call) -> web.Response:
    repo = call.repository("contents")
    git = call.github.git(repo)
    sha = await git.resolve(call.query("sha") or repo.default_branch)
    if sha is None:
        raise Refusal(409, "Git Repository is empty.") if not await git.refs() else not_found()
    found, headers = call.page([each.sha for each in await git.log(sha, limit=10_000)])
    return reply([await commit(call.github, repo, each, files=False) for each in found], headers=headers)


async def compare(call: Call) -> web.Response:
    repo = call.repository("contents")
    old, dots, new = call.text("basehead").partition("...")
    git = call.github.git(repo)
    base, head = await git.resolve(old.rpartition(":")[2]), await git.resolve(new.rpartition(":")[2])
    if not dots or base is None or head is None:
        raise not_found()
    found = await git.log(head, limit=10_000, without=[base])
    some, headers = call.page(found[::-1][:MOST_COMPARED] if not call.query("page") else found[::-1])
    first = call.query("page", "1") == "1"
    return reply(await comparison(call.github, repo, (base, head), some, files=first), headers=headers)


async def branch(call: Call) -> web.Response:
    repo, name = call.repository("contents"), call.text("branch")
    sha = await call.github.git(repo).resolve(f"refs/heads/{name}")
    if sha is None:
        raise Refusal(404, "Branch not found")
    url = f"{call.github.api_url}/repos/{repo.full_name}/branches/{name}"
    return reply(
        {
            "name": name,
            "commit": await commit(call.github, repo, sha),
            "_links": {"html": f"{call.github.url}/{repo.full_name}/tree/{name}", "self": url},
            "protected": name in repo.protected_branches,
            "protection": {"enabled": name in repo.protected_branches},
            "protection_url": f"{url}/protection",
        }
    )


async def branches(call: Call) -> web.Response:
    """In the order of their names; `protected` narrows the list."""
    repo, wanted = call.repository("contents"), call.query("protected")
    refs = await call.github.git(repo).refs()
    heads = {ref.removeprefix("refs/heads/"): sha for ref, sha in refs.items() if ref.startswith("refs/heads/")}
    chosen = [name for name in heads if wanted in {"", str(name in repo.protected_branches).lower()}]
    some, headers = call.page(chosen)
    url = f"{call.github.api_url}/repos/{repo.full_name}"
    documents = [
        {
            "name": name,
            "commit": {"sha": heads[name], "url": f"{url}/commits/{heads[name]}"},
            "protected": name in repo.protected_branches,
        }
        for name in some
    ]
    return reply(documents, headers=headers)


async def reference(call: Call) -> web.Response:
    """One ref, for example `heads/main`; a tag may name a tag object."""
    repo, name = call.repository("contents"), f"refs/{call.text('ref')}"
    sha = (await call.github.git(repo).refs()).get(name)
    if sha is None:
        raise not_found()
    kind = (await call.github.git(repo).text("cat-file", "-t", sha)).strip()
    url = f"{call.github.api_url}/repos/{repo.full_name}/git"
    target = {"type": kind, "sha": sha, "url": f"{url}/{kind}s/{sha}"}
    return reply({"ref": name, "node_id": node_id("Ref", repo.id) + name, "url": f"{url}/{name}", "object": target})


ROUTES: tuple[Route, ...] = (
    ("GET", REPO, get),
    ("GET", REPO + "/contents/{path:.*}", contents),
    ("GET", REPO + "/collaborators/{login}/permission", permission),
    ("GET", REPO + "/git/commits/{sha}", one_git_commit),
    ("GET", REPO + "/git/blobs/{sha}", blob),
    ("GET", REPO + "/git/trees/{tree}", tree),
    ("GET", REPO + "/git/ref/{ref:.+}", reference),
    ("GET", REPO + "/branches", branches),
    ("GET", REPO + "/branches/{branch:.+}", branch),
    ("GET", REPO + "/commits", commits),
    ("GET", REPO + "/commits/{ref:.+}", one_commit),
    ("GET", REPO + "/compare/{basehead:.+}", compare),
)
