import unittest

from shop.cart import total


class Cart(unittest.TestCase):
    def test_an_empty_cart_costs_nothing(self) -> None:
        self.assertEqual(total([]), 0)

    def test_the_total_includes_tax(self) -> None:
        self.assertAlmostEqual(total([60.0, 40.0]), 119.0)

    def test_prices_add_up(self) -> None:
        self.assertGreater(total([1.0, 2.0]), total([2.0]))
