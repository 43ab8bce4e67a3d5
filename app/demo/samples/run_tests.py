"""Runs the tests below this folder and writes what they said as JUnit XML: run_tests.py FILE."""

import sys
import time
import traceback
import unittest
from pathlib import Path
from xml.etree import ElementTree


class Report(unittest.TextTestResult):
    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self.suite = ElementTree.Element("testsuite", name="tests")

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        folder, _, name = test.id().rpartition(".")
        self.case = ElementTree.SubElement(self.suite, "testcase", classname=folder, name=name)
        self.began = time.monotonic()

    def stopTest(self, test: unittest.TestCase) -> None:
        self.case.set("time", f"{time.monotonic() - self.began:.3f}")
        super().stopTest(test)

    def addFailure(self, test: unittest.TestCase, err: tuple) -> None:
        super().addFailure(test, err)
        self.add("failure", err)

    def addError(self, test: unittest.TestCase, err: tuple) -> None:
        super().addError(test, err)
        self.add("error", err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        ElementTree.SubElement(self.case, "skipped", message=reason)

    def add(self, kind: str, err: tuple) -> None:
        told = ElementTree.SubElement(self.case, kind, message=str(err[1]), type=err[0].__name__)
        told.text = "".join(traceback.format_exception(*err))


result = unittest.TextTestRunner(resultclass=Report, verbosity=2).run(unittest.defaultTestLoader.discover("."))
file = Path(sys.argv[1])
file.parent.mkdir(parents=True, exist_ok=True)
ElementTree.ElementTree(result.suite).write(file)
sys.exit(not result.wasSuccessful())
