#!/usr/bin/python3
"""The pages for man(1): made without a mistake by mandoc's own reading, and nothing of the
manual is lost on the way."""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
bad = 0


def check(what, good, shown=""):
    global bad
    bad += not good
    print("ok" if good else "not ok", what, shown if not good else "")


def words(text):
    return re.findall(r"[A-Za-z0-9_]{3,}", text)


with tempfile.TemporaryDirectory() as folder:
    made = subprocess.run([ROOT / "tools/man", folder, "2026-01-01"], capture_output=True, text=True)
    check("made", made.returncode == 0, made.stderr)
    pages = sorted(pathlib.Path(folder).iterdir())
    lint = subprocess.run(["mandoc", "-Tlint", *pages], capture_output=True, text=True)
    check("mandoc finds nothing", lint.returncode == 0, lint.stdout[:2000])
    shown = {}
    for page in pages:
        text = subprocess.run(["mandoc", "-Tutf8", "-Owidth=1000", page], capture_output=True,
                              text=True).stdout
        shown[page.name] = set(words(re.sub(".\b", "", text)))
    namespace = {}
    source = (ROOT / "tools/man").read_text().split("class Mistake")[0]
    exec(source.replace("pathlib.Path(__file__)", "pathlib.Path('/')"), namespace)
    for name, (title, section, _) in namespace["PAGES"].items():
        text = (ROOT / "docs" / name).read_text()
        # Not words of the text: targets of links and their files' names, a block's kind,
        # the head of a table (told for three columns only), headings (in capitals there).
        text = re.sub(r"\[[a-z-]+\.md\]\([^)]*\)|\]\([^)]*\)|^`{3,}.*$|^#+ .*$|<!--.*?-->"
                      r"|^\|.*\n\|[-|: ]+$", " ", text, flags=re.M)
        lost = sorted(set(words(text)) - shown[f"{title}.{section}"])
        check(f"{title}({section}) has every word of {name}", not lost, lost[:20])
sys.exit(bad > 0)
