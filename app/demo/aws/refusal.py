"""What AWS answers when it does not do what it was asked."""


class Refusal(Exception):
    """`code` is the exception's name in the service's model, or one that all services share."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> Refusal:
    return Refusal("InvalidInputException", message)


def not_found(message: str) -> Refusal:
    return Refusal("ResourceNotFoundException", message)
