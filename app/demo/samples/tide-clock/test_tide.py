import unittest

from tide import PERIOD, height


class Tide(unittest.TestCase):
    def test_high_water_comes_back_after_a_period(self) -> None:
        self.assertAlmostEqual(height(0), height(PERIOD))

    def test_half_a_period_later_it_is_low(self) -> None:
        self.assertAlmostEqual(height(PERIOD / 2), 0.4)

    def test_the_water_never_leaves_its_range(self) -> None:
        self.assertTrue(all(0.4 <= height(minute) <= 4.2 for minute in range(PERIOD)))
