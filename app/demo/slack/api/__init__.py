"""The doors for the App: the Web API, response URLs and Socket Mode."""

from app.demo.slack.api import serving, socket

ROUTES = [*serving.ROUTES, *socket.ROUTES]
