#!/usr/bin/python3
"""T11: nothing that is shipped has a key in it, and no two installations share one. A release says
what it was made from, and is signed."""
import json
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


def signed_release(s):
    """A folder as tools/release leaves it, and who may sign it."""
    made = s.dir / "release"
    made.mkdir()
    (made / "firstline_1_amd64.deb").write_bytes(b"a package")
    (made / "sbom.spdx.json").write_text("{}")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", s.dir / "key"], check=True)
    allowed = s.dir / "allowed_signers"
    allowed.write_text(f"releases {(s.dir / 'key.pub').read_text()}")
    subprocess.run([ROOT / "tools/sign", made, s.dir / "key"], check=True, capture_output=True)
    return made, allowed


def believed(made, allowed, namespace="firstline-release"):
    """By the two commands of the manual."""
    signed = subprocess.run(["ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "releases", "-n", namespace,
                             "-s", made / "SHA256SUMS.sig"], input=(made / "SHA256SUMS").read_bytes(), capture_output=True)
    same = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=made, capture_output=True)
    return signed.returncode == 0 and same.returncode == 0


def test_a_release_is_believed_by_its_signature_alone():
    with Scratch("release") as s:
        made, allowed = signed_release(s)
        assert believed(made, allowed)
        assert not believed(made, allowed, "another-purpose")
        for name in ("firstline_1_amd64.deb", "sbom.spdx.json", "provenance.json", "SHA256SUMS"):
            was = (made / name).read_bytes()
            (made / name).write_bytes(was[:-2] + b"x" + was[-1:])
            assert not believed(made, allowed), name
            (made / name).write_bytes(was)
        subprocess.run([ROOT / "tools/sign", made], check=True, capture_output=True)
        assert not (made / "SHA256SUMS.sig").exists(), "a signature of another time would be left"


def test_a_release_says_what_it_was_made_from():
    """T24: and with what, by name and version."""
    with Scratch("provenance") as s:
        made, _ = signed_release(s)
        said = json.loads((made / "provenance.json").read_text())
        assert {one["name"] for one in said["subject"]} == {"firstline_1_amd64.deb", "sbom.spdx.json"}
        definition = said["predicate"]["buildDefinition"]
        head = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        assert definition["externalParameters"]["commit"] == head
        assert any(one["uri"].startswith("pkg:deb/debian/gcc@") for one in definition["resolvedDependencies"])


if __name__ == "__main__":
    run_all(sys.modules[__name__])
