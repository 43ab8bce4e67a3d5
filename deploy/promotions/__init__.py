"""What lets a version move: one kind a file."""

from collections.abc import Mapping

from deploy.promotion import Promotion
from deploy.promotions.alarm import Alarm
from deploy.promotions.build import Build
from deploy.promotions.jenkins import JenkinsJobs
from deploy.promotions.manual import Manual
from deploy.promotions.soak import Soak
from deploy.promotions.status_check import StatusCheck
from deploy.promotions.webhook import Webhook
from deploy.promotions.window import Window

KINDS: Mapping[str, type[Promotion]] = {
    "alarm": Alarm,
    "build": Build,
    "jenkins": JenkinsJobs,
    "manual": Manual,
    "soak": Soak,
    "status_check": StatusCheck,
    "webhook": Webhook,
    "window": Window,
}
