"""A site in a bucket: releases side by side, and one object that says which is live."""

from deploy.targets.static_site.kind import StaticSite

__all__ = ["StaticSite"]
