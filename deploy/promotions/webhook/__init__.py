"""An address answers as it should."""

from deploy.promotions.webhook.kind import Webhook

__all__ = ["Webhook"]
