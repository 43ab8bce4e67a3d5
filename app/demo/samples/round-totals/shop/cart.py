"""A shopping cart and what it costs."""

TAX = 0.19


def total(prices: list[float]) -> float:
    """What the customer pays: the prices with tax, in whole cents."""
    return round(sum(prices), 2)
