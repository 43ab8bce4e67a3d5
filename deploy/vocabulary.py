"""The words that mean something to us, and how each verb is used."""

import re
from collections.abc import Mapping
from enum import StrEnum

from deploy.command import Verb
from deploy.hold import Kind

LONGEST_REASON = 500


class Look(StrEnum):
    """What only looks. NOTHING is what somebody says who was asked whether they are sure, and is not."""

    WHY = "why"
    WHERE = "where"
    DIFF = "diff"
    STATUS = "status"
    HELP = "help"
    WHOAMI = "whoami"
    NOTHING = "nevermind"


class Deed(StrEnum):
    """What is done beside commands."""

    RERUN = "rerun"
    LINK = "link"
    UNLINK = "unlink"


USAGE: Mapping[str, str] = {
    Verb.DEPLOY: "deploy SERVICE COMMIT to ENVIRONMENT",
    Verb.PROMOTE: "promote SERVICE to ENVIRONMENT",
    Verb.EMERGENCY: "emergency SERVICE COMMIT to ENVIRONMENT because REASON",
    Verb.REDEPLOY: "redeploy SERVICE ENVIRONMENT",
    Verb.ROLLBACK: "rollback SERVICE ENVIRONMENT [to COMMIT] because REASON",
    Verb.APPROVE: "approve SERVICE ENVIRONMENT [because NOTE]",
    Verb.REJECT: "reject SERVICE ENVIRONMENT because REASON",
    Verb.OVERRIDE: "override PROMOTION SERVICE ENVIRONMENT because REASON",
    Verb.CANCEL: "cancel SERVICE ENVIRONMENT, or cancel COMMIT",
    Verb.HOLD: "hold SERVICE [ENVIRONMENT] [until 2h] because REASON",
    Verb.LIFT: "lift SERVICE [ENVIRONMENT]",
    Look.WHY: "why SERVICE ENVIRONMENT [COMMIT]",
    Look.WHERE: "where COMMIT, or where #PULL-REQUEST",
    Look.DIFF: "diff SERVICE ENVIRONMENT",
    Look.STATUS: "status [SERVICE]",
    Look.HELP: "help [VERB]",
    Look.WHOAMI: "whoami",
    Deed.RERUN: "rerun COMMIT, or rerun SERVICE",
    Deed.LINK: "link CODE",
    Deed.UNLINK: "unlink",
}

QUOTES = re.compile(r'(["“”„«»\\])')
ESCAPE = r"\\\1"
VERSION = re.compile(r"[0-9A-Fa-f]{4,64}")
SAFE = re.compile(r"[A-Za-z0-9_./-]+")

BECAUSE = frozenset({"because", "--because", "--reason", "-m"})
INTO = frozenset({"to", "into", "onto", "→", "->"})
IN = frozenset({"in", "on", "for", "at", "--environment"})
OF = frozenset({"of", "the"})
FILLERS = frozenset({"is", "not", "isn't", "isn’t"})
UNTIL = frozenset({"until", "till", "--until"})
FOR = frozenset({"from", "seen"})
KEYWORDS = BECAUSE | INTO | IN | OF | UNTIL | FOR

OTHERWISE = {
    "undo": Verb.ROLLBACK,
    "revert": Verb.ROLLBACK,
    "abort": Verb.CANCEL,
    "unlock": Verb.LIFT,
    "unfreeze": Verb.LIFT,
    "unpin": Verb.LIFT,
    "retry": Deed.RERUN,
    "compare": Look.DIFF,
    "?": Look.HELP,
}

HOLDS = {"lock": Kind.LOCK, "freeze": Kind.FREEZE, "pin": Kind.PIN}

VERBS: tuple[str, ...] = (*USAGE, *HOLDS, "unlock", "unfreeze", "unpin", "roll", "never")
"""What begins a sentence. Rarer ways to say it do not: a service may be called so."""
TAKES_FROM = frozenset({Verb.ROLLBACK, Verb.LIFT})
TAKES_COMMIT = frozenset({Verb.DEPLOY, Verb.EMERGENCY})

GOES_SOMEWHERE = TAKES_COMMIT | {Verb.PROMOTE}

OF_WHAT_WAS_SEEN = TAKES_FROM | GOES_SOMEWHERE | {Verb.REDEPLOY}
"""What these mean depends on what was there. `from` would be misread where nothing is taken back or lifted."""


def one_line(text: str) -> str:
    """On one line, without what cannot be seen."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
