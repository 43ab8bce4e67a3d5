"""Puts a file into the bucket for code of an AWS that asks nobody to sign, as the demo's: upload.py FILE KEY."""

import os
import sys
from pathlib import Path
from urllib.request import Request, urlopen

file, key = sys.argv[1:]
address = f"{os.environ['AWS_ENDPOINT_URL']}/{os.environ['PRX_APPLICATION_CODE_BUCKET']}/{key}"
put = Request(address, Path(file).read_bytes(), {"Content-Type": "application/zip"}, method="PUT")
with urlopen(put, timeout=30) as answer:
    answer.read()
