"""What a run takes over from this machine: where its programs are, and how it reaches the network."""

import os
import shutil
import sys
from pathlib import Path

NETWORK = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "ssl_cert_file", "ssl_cert_dir", "git_ssl_cainfo")


def search_path() -> str:
    """Where the machine's programs are, without those of the App's own Python environment."""
    own = Path(sys.prefix, "bin")
    folders = [folder for folder in os.get_exec_path() if Path(folder).is_absolute() and Path(folder) != own]
    return os.pathsep.join(folders) if shutil.which("sh", path=os.pathsep.join(folders)) else os.defpath


def network_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.lower() in NETWORK}
