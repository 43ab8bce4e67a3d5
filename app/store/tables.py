"""The tables. Columns are what is searched by; `data` is the whole noun as JSON."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData()

_Position = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts only INTEGER PRIMARY KEY by itself
_Time = BigInteger  # microseconds since 1970, UTC: compared and sorted alike in every database

deliveries = Table(
    "deliveries",
    metadata,
    Column("guid", String(100), primary_key=True),
    Column("event", String(100), nullable=False),
    Column("action", String(100), nullable=False),
    Column("repository_id", BigInteger),
    Column("installation_id", BigInteger),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", _Time, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("position", _Position, primary_key=True, autoincrement=True),
    Column("id", String(26), nullable=False, unique=True),
    Column("type", String(60), nullable=False),
    Column("subject", String(160), nullable=False, index=True),
    Column("data", Text, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("cause", String(26), nullable=False),
    Column("correlation", String(26), nullable=False, index=True),
    Column("time", _Time, nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    Column("position", _Position, primary_key=True, autoincrement=True),
    Column("event_id", String(26), ForeignKey("events.id"), nullable=False),
    Column("handler", String(120), nullable=False),
    Column("key", String(160), nullable=False),
    Column("state", String(10), nullable=False),
    Column("run_at", _Time, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("worker", String(60), nullable=False, default=""),
    Column("lease_until", _Time, nullable=False, default=0),
    Column("error", Text, nullable=False, default=""),
    UniqueConstraint("event_id", "handler"),
)
# One task of a key at a time, whatever the workers believe.
Index(
    "tasks_one_running",
    tasks.c.key,
    unique=True,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)
Index(
    "tasks_open",
    tasks.c.key,
    tasks.c.position,
    sqlite_where=text("state IN ('ready', 'running')"),
    postgresql_where=text("state IN ('ready', 'running')"),
)
Index("tasks_state", tasks.c.state, tasks.c.position)

installations = Table(
    "installations",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account", String(100), nullable=False),
    Column("lost", Text, nullable=False, default=""),
)

repositories = Table(
    "repositories",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("installation_id", BigInteger, nullable=False, index=True),
    Column("full_name", String(200), nullable=False),
    Column("lost", Text, nullable=False, default=""),
    Column("data", Text, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("intent", String(400), primary_key=True),
    Column("sha", String(64), nullable=False),
    Column("data", Text, nullable=False),
)

pull_requests = Table(
    "pull_requests",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("head_sha", String(64), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("data", Text, nullable=False),
)
Index("pull_requests_head", pull_requests.c.repository_id, pull_requests.c.head_sha)

builds = Table(
    "builds",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("repository_id", BigInteger, nullable=False),
    Column("sha", String(64), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("architecture", String(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("pull_request", BigInteger),
    Column("state", String(30), nullable=False),
    Column("run", String(200), nullable=False),
    Column("delayed", Boolean, nullable=False, default=False, server_default=false()),
    Column("version", Integer, nullable=False),
    Column("data", Text, nullable=False),
    UniqueConstraint("repository_id", "sha", "purpose", "architecture", "attempt"),
)
Index("builds_state", builds.c.state, builds.c.id)
Index("builds_pull_request", builds.c.repository_id, builds.c.pull_request)

# The digests of a build's tests, 8 bytes each, so that other builds can be compared with it.
test_outcomes = Table(
    "test_outcomes",
    metadata,
    Column("build_id", String(26), ForeignKey("builds.id"), primary_key=True),
    Column("passed", LargeBinary, nullable=False),
    Column("failed", LargeBinary, nullable=False),
)

shown_checks = Table(
    "shown_checks",
    metadata,
    Column("build_id", String(26), ForeignKey("builds.id"), primary_key=True),
    Column("data", Text, nullable=False),
)

buildspecs = Table(
    "buildspecs",
    metadata,
    Column("repository_id", BigInteger, primary_key=True),
    Column("sha", String(64), primary_key=True),
    Column("blob", String(64), nullable=False),
)

blobs = Table(
    "blobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("repository_id", BigInteger, nullable=False),
    Column("sha", String(64), nullable=False),
    Column("data", Text, nullable=False),
)
Index("artifacts_commit", artifacts.c.repository_id, artifacts.c.sha)

versions = Table(
    "versions",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("repository_id", BigInteger, nullable=False),
    Column("sha", String(64), nullable=False),
    Column("registered_at", _Time, nullable=False),
    Column("data", Text, nullable=False),
)
Index("versions_commit", versions.c.repository_id, versions.c.sha)

deployments = Table(
    "deployments",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("place", String(300), nullable=False),
    Column("repository_id", BigInteger, nullable=False),
    Column("sha", String(64), nullable=False),
    Column("state", String(20), nullable=False),
    Column("was_live", Boolean, nullable=False),
    Column("look_at", _Time),
    Column("changes", Integer, nullable=False),
    Column("data", Text, nullable=False),
)
Index("deployments_place", deployments.c.place, deployments.c.state)
Index("deployments_newest", deployments.c.place, deployments.c.id)
Index("deployments_live", deployments.c.place, deployments.c.was_live, deployments.c.id)
Index("deployments_commit", deployments.c.repository_id, deployments.c.sha)
Index("deployments_due", deployments.c.look_at)

holds = Table(
    "holds",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("scope", String(300), nullable=False),
    Column("state", String(20), nullable=False),
    Column("until", _Time),
    Column("data", Text, nullable=False),
)
Index("holds_scope", holds.c.state, holds.c.scope)

configurations = Table(
    "configurations",
    metadata,
    Column("repository_id", BigInteger, primary_key=True, autoincrement=False),
    Column("written", Boolean, nullable=False),
    Column("data", Text, nullable=False),
)

organisation_files = Table(
    "organisation_files",
    metadata,
    Column("owner", String(100), primary_key=True),
    Column("data", Text, nullable=False),
)

pointers = Table(
    "pointers",
    metadata,
    Column("place", String(300), primary_key=True),
    Column("changes", Integer, nullable=False),
    Column("data", Text, nullable=False),
)

announced = Table(
    "announced",
    metadata,
    Column("deployment_id", String(26), ForeignKey("deployments.id"), primary_key=True),
    Column("data", Text, nullable=False),
)

artifact_regions = Table(
    "artifact_regions",
    metadata,
    Column("artifact_id", String(26), ForeignKey("artifacts.id"), primary_key=True),
    Column("region", String(40), primary_key=True),
    Column("found_at", _Time, nullable=False),
)

shown_delivery = Table(
    "shown_delivery",
    metadata,
    Column("external_id", String(160), primary_key=True),
    Column("data", Text, nullable=False),
)

trails = Table(
    "trails",
    metadata,
    Column("repository_id", BigInteger, primary_key=True, autoincrement=False),
    Column("pull_request", BigInteger, primary_key=True, autoincrement=False),
    Column("data", Text, nullable=False),
)

slack_links = Table(
    "slack_links",
    metadata,
    Column("workspace", String(100), primary_key=True),
    Column("user_id", String(100), primary_key=True),
    Column("github_id", BigInteger, nullable=False),
    Column("login", String(100), nullable=False),
    Column("name", Text, nullable=False),
    Column("since", _Time, nullable=False),
)

# A code that counted says for whom, until its life is over.
link_codes = Table(
    "link_codes",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("github_id", BigInteger, nullable=False, index=True),
    Column("login", String(100), nullable=False),
    Column("until", _Time, nullable=False),
    Column("workspace", String(100), nullable=False, default=""),
    Column("user_id", String(100), nullable=False, default=""),
)

link_failures = Table(
    "link_failures",
    metadata,
    Column("workspace", String(100), primary_key=True),
    Column("user_id", String(100), primary_key=True),
    Column("hash", String(64), primary_key=True),
    Column("at", _Time, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("subject", String(80), primary_key=True),
    Column("data", Text, nullable=False),
)

posted = Table(
    "posted",
    metadata,
    Column("subject", String(80), primary_key=True),
    Column("data", Text, nullable=False),
)

matters = Table(
    "matters",
    metadata,
    Column("name", String(320), primary_key=True),
    Column("data", Text, nullable=False),
)
