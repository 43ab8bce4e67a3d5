"""A shopping cart and what it costs."""

TAX = 0.19


def total(prices: list[float]) -> float:
    """What the customer pays: the prices with tax."""
    return sum(prices) * (1 + TAX)
