#!/usr/bin/python3
"""T11: nothing that is shipped has a key in it, and no two installations share one."""
import pathlib
import re
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import BUILD, Firstline, Scratch, run_all

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHIPPED = ("packaging", "examples", "docs", "src")
# A key has a body; the name alone stands in manuals and in what refuses one.
KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{20}")


def shipped():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", *SHIPPED],
                            capture_output=True, text=True, check=True).stdout.split("\n")
    files = [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    return files + [BUILD / "firstline", BUILD / "firstline-shim", BUILD / "firstline-ics"]


def test_t11_nothing_shipped_has_a_key_in_it():
    files = shipped()
    assert len(files) > 100, files
    for path in files:
        assert not KEY.search(path.read_bytes()), path
        assert path.suffix not in (".pem", ".key", ".p12", ".jks"), path


def test_t11_each_installation_makes_its_own_token():
    tokens = set()
    for _ in range(2):
        with Scratch("shipped") as s:
            done = subprocess.run([BUILD / "firstline", "init", s.dir / "config"],
                                  capture_output=True, text=True)
            assert done.returncode == 0, done
            made = [p for p in (s.dir / "config").rglob("*") if p.is_file()]
            assert made and not [p for p in made if KEY.search(p.read_bytes())]
            for path in made:
                path.write_text(re.sub(r"^listen:.*$", "listen: 127.0.0.1:0", path.read_text(),
                                       flags=re.M))
            firstline = Firstline(s, s.dir / "config").start()
            token = firstline.state / "local.token"
            assert stat.S_IMODE(token.stat().st_mode) == 0o600
            tokens.add(token.read_text().strip())
    assert len(tokens) == 2 and all(len(token) >= 32 for token in tokens)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
