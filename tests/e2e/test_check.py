"""Rules that are not mistakes but odd: `firstline check` warns of them, and `--diff` tells
what one configuration allows that another does not."""
import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import BUILD, Scratch, run_all

SHOP = pathlib.Path(__file__).resolve().parents[2] / "examples"
ODD = """\
authority:
  - grant: scale a little
    to: [on-duty: platform-ops]
    may: [scale-web]
    on: {service: checkout}
    with: {replicas: {max: 4}}
    until: 2035-12-31
    owner: joao
  - {approval: two of two, for: [scale], by: {on-duty: platform-ops}, need: 2}
"""
WARNINGS = """\
odd.yaml:2: warning: grant 'scale a little' changes nothing: 'on-duty operators scale the shop' (authority.yaml:33) grants all of it already
    for example: firstline may WHO scale-web on checkout replicas=4
    hint: take it out, or make the other narrower
odd.yaml:9: warning: approval 'two of two' wants 2 who agree; at NOW, when WHO asks, there is only WHO
    for example: firstline may WHO scale-web on checkout replicas=4
    hint: name more people in `by:`, such as a whole team or a second rotation, or ask for fewer
checked 3 services, 2 teams, 4 people, 2 actions, 6 rules, 2 runbooks, 4 tests: no mistakes, 2 warnings
"""


def run(*args, **more):
    return subprocess.run([str(BUILD / "firstline"), *map(str, args)], capture_output=True,
                          stdin=subprocess.DEVNULL, text=True, timeout=60, **more)


def shop(scratch, name="shop"):
    """The example, for good: what ends in it would be warned of one day."""
    folder = scratch.dir / name
    shutil.copytree(SHOP / "shop", folder)
    rules = folder / "authority.yaml"
    rules.write_text(rules.read_text().replace("2027-06-30", "2035-12-31")
                     .replace("2026-12-20", "2035-12-20").replace("2027-01-02", "2036-01-02"))
    return folder


def plain(text):
    """Without what depends on the day."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "NOW", text)
    return re.sub(r"(when|only|may) (ana|piotr|mei)\b", r"\1 WHO", text)


def git(folder, *args):
    subprocess.run(["git", "-C", str(folder), "-c", "user.name=ana", "-c",
                    "user.email=ana@example.com", *args], check=True, capture_output=True)


def test_the_examples_have_no_warning():
    with Scratch("examples") as scratch:
        assert run("init", scratch.dir / "init").returncode == 0
        for folder in [SHOP / "minimal", shop(scratch), scratch.dir / "init"]:
            done = run("check", "--strict", folder)
            if folder == scratch.dir / "init":  # its freeze is over one day
                assert done.returncode in (0, 1) and not done.stderr, done
                continue
            assert done.returncode == 0 and "warning" not in done.stdout, done


def test_warnings_say_where_what_and_how_to_mend():
    with Scratch("odd") as scratch:
        folder = shop(scratch)
        (folder / "odd.yaml").write_text(ODD)
        done = run("check", folder)
        assert done.returncode == 0 and not done.stderr, done
        assert plain(done.stdout) == WARNINGS, done.stdout
        assert run("check", "--strict", folder).returncode == 1

        found = json.loads(run("check", "--json", folder).stdout)
        assert {"shadowed", "approvers"} <= {f["kind"] for f in found}, found
        assert all(f["file"] and f["line"] and f["text"] and f["hint"] for f in found), found
        notes = json.loads(run("check", "--json", "--explain", folder).stdout)
        assert {"blast", "freeze"} <= {f["kind"] for f in notes if f["note"]}, notes


def test_mistakes_are_on_the_list_too():
    with Scratch("listed") as scratch:
        folder = shop(scratch)
        (folder / "bad.yaml").write_text("authority:\n  - {grant: 'a \u00e9', to: [nobody], may: [fly],\n     untill: \"x\"}\n")

        def listed(*args, code=1):
            done = run("check", "--json", *args)
            assert done.returncode == code and done.stderr, done
            for item in (found := json.loads(done.stdout)):
                assert item["kind"] == "mistake" and item["error"] and not item["note"], item
            return done.stderr, found
        said, found = listed(folder)
        assert found and said.count(": error: ") == len(found), (said, found)
        for item in found:
            assert f"{item['file']}:{item['line']}:{item['column']}: error: {item['text']}\n" in said, (item, said)
            assert not item["hint"] or f"    hint: {item['hint']}\n" in said, (item, said)
        assert {f["line"] for f in found} == {2, 3} and any(f["hint"] for f in found), found
        assert len(listed("--diff", shop(scratch, "before"), folder)[1]) == len(found)
        # Over a hundred the rest is counted on the list as it is in words.
        (folder / "bad.yaml").write_text("authority:\n" + "  - {grant: a}\n" * 200)
        said, found = listed(folder)
        assert len(found) == 101 and re.match(r"and \d+ more$", found[-1]["text"]) and found[-1]["text"] in said
        # A case that a runbook does not keep; and what is no folder at all.
        (folder / "bad.yaml").unlink()
        test = folder / "runbooks/queue-not-draining.test.yaml"
        test.write_text(test.read_text().replace("drained: holds]", "drained: does not hold]"))
        found = listed(folder)[1]
        assert [(f["file"], f["line"]) for f in found] == [("runbooks/queue-not-draining.test.yaml", 11)], found
        assert found[0]["text"].startswith("expected 'drained: does not hold'") and found[0]["hint"], found
        found = listed(scratch.dir / "none", code=3)[1]
        assert len(found) == 1 and "No such file" in found[0]["text"], found


def test_a_time_with_nobody_on_duty_fails():
    with Scratch("check") as scratch:
        folder = shop(scratch)
        teams = (folder / "desk.yaml")
        teams.write_text("""\
teams:
  desk:
    kind: operations
    on_call:
      zone: Europe/Lisbon
      rotations:
        - {name: day, people: [ana], handover: "Mon 09:00", hours: [{days: any, from: "08:00", until: "18:00"}]}
""")
        done = run("check", folder)
        assert done.returncode == 1 and not done.stderr, done
        assert "desk.yaml:7: error: nobody of desk is on duty from " in done.stdout, done.stdout
        assert "alerts then go to the fallback platform-ops" in done.stdout, done.stdout
        assert done.stdout.endswith(": 1 mistake\n"), done.stdout
        assert "firstline on-call weeks --team desk" in done.stdout
        holes = [x for x in json.loads(run("check", "--json", folder).stdout) if x["kind"] == "hole"]
        assert len(holes) == 1 and holes[0]["error"] and holes[0]["line"] == 7, holes
        teams.write_text(teams.read_text() + "      escalate: [{to: day, after: 5m}, {to: ana}]\n")
        assert run("check", folder).returncode == 0


def test_diff_tells_what_became_allowed_since_a_revision():
    with Scratch("diff") as scratch:
        top = scratch.dir / "repo"
        top.mkdir()
        folder = shop(scratch, "repo/production")
        (folder / "runbooks" / ("long-" * 30 + ".md")).write_text(
            (folder / "runbooks" / "checkout-errors.md").read_text()
            .replace("runbook: checkout-errors", "runbook: long"))
        git(top, "init", "-q")
        git(top, "add", "-A")
        git(top, "commit", "-qm", "first")
        same = run("check", "--diff", "HEAD", folder)
        assert same.returncode == 0, same
        assert same.stdout == "nothing that was asked is answered differently\n", same.stdout

        rules = folder / "authority.yaml"
        rules.write_text(rules.read_text().replace("per_service: 3 in 1h", "per_service: 5 in 1h")
                         .replace("may: [scale-web]", "may: [restart]"))
        done = run("check", "--diff", "HEAD", folder)
        assert done.returncode == 0 and not done.stderr, done
        more, less = done.stdout.split("less is allowed")
        assert "more is allowed" in more and "allow (was deny)  firstline may" in more, more
        assert "restart-unit on checkout" in more and "scale-web" not in more, more
        assert "deny (was allow)" in less and "scale-web on checkout" in less, less
        assert run("check", "--diff", "HEAD", "--strict", folder).returncode == 1

        # Backwards, against another folder; and what is only narrower is fine for --strict.
        back = run("check", "--json", "--diff", folder, "--strict", shop(scratch))
        assert back.returncode == 1, back
        told = json.loads(back.stdout)
        assert told[0]["widens"] and not told[-1]["widens"], told
        rules.write_text(rules.read_text() +
                         "  - {prohibit: nothing, may: any, on: {service: checkout}}\n")
        git(top, "commit", "-qam", "second")
        (folder / "more.yaml").write_text(
            "authority:\n  - {prohibit: all, may: any, on: {tier: [1, 2]}}\n")
        strict = run("check", "--diff", "HEAD", "--strict", folder)
        assert strict.returncode == 0 and "less is allowed" in strict.stdout, strict
        assert "more is allowed" not in strict.stdout, strict


def test_attributes_hide_nothing_of_a_revision():
    with Scratch("attributes") as scratch:
        top = scratch.dir / "repo"
        top.mkdir()
        folder = shop(scratch, "repo/production")
        rules = folder / "authority.yaml"
        rules.write_text("# $Format:%B$\n" + rules.read_text())
        attributes = folder / ".gitattributes"
        attributes.write_text("*.yaml export-subst\n")
        git(top, "init", "-q")
        git(top, "add", "-A")
        git(top, "commit", "-qm", "first\nanother: line")
        same = run("check", "--diff", "HEAD", folder)  # the text as it is there, not as git fills it
        assert same.returncode == 0 and not same.stderr, same

        attributes.write_text("freeze.yaml export-ignore\n")
        (folder / "freeze.yaml").write_text(
            "authority:\n  - {prohibit: nothing moves, may: any, on: {tier: [1, 2]}}\n")
        git(top, "add", "-A")
        git(top, "commit", "-qm", "second")
        (folder / "freeze.yaml").unlink()
        done = run("check", "--diff", "HEAD", "--strict", folder)
        assert done.returncode == 1 and not done.stdout, done
        assert "'freeze.yaml' of 'HEAD' is left out" in done.stderr, done
        attributes.unlink()
        git(top, "add", "-A", ":!production/freeze.yaml")
        git(top, "commit", "-qm", "third")
        done = run("check", "--diff", "HEAD", "--strict", folder)
        assert done.returncode == 1 and "more is allowed" in done.stdout, done


def test_files_that_would_be_left_out_are_mistakes():
    with Scratch("left-out") as scratch:
        folder = shop(scratch)
        freeze = "authority:\n  - {prohibit: freeze, may: any, because: inventory}\n"
        for name in "freeze.test.yaml", "freeze.YAML", "runbooks/DISK.MD":
            (pathlib.Path(folder) / name).parent.mkdir(exist_ok=True)
            file = pathlib.Path(folder) / name
            file.write_text(freeze)
            done = run("check", folder)
            assert done.returncode == 1, (name, done)
            assert name + ":1:1: error: this is left out: " in done.stderr, done.stderr
            file.unlink()
        assert run("check", folder).returncode == 0


def test_tests_beside_runbooks_are_played():
    with Scratch("rehearsed") as scratch:
        folder = shop(scratch)
        done = run("check", folder)
        assert done.returncode == 0 and ", 4 tests: no mistakes" in done.stdout, done
        file = folder / "runbooks/queue-not-draining.test.yaml"
        good = file.read_text()
        file.write_text(good.replace("drained: holds]", "drained: does not hold]"))
        done = run("check", folder)
        assert done.returncode == 1 and not done.stdout, done
        assert re.match(r"runbooks/queue-not-draining.test.yaml:11:\d+: error: expected 'drained: "
                        "does not hold', but holds", done.stderr), done
        assert "hint: what happened: backlog: holds, restart-workers: done, drained: holds" in done.stderr
        assert "1 mistake in the tests of" in done.stderr, done
        # A runbook that changes is held to its tests.
        file.write_text(good)
        book = folder / "runbooks/queue-not-draining.md"
        book.write_text(book.read_text().replace('expect: "< 50"', 'expect: "< 5"'))
        assert "expected 'drained: holds', but does not hold" in run("check", folder).stderr
        # They are no part of what is served, and a link out of the folder is refused here too.
        file.unlink()
        file.symlink_to("/etc/hostname")
        assert "leads out of the folder" in run("check", folder).stderr


def test_a_revision_that_is_none_is_refused():
    with Scratch("revision") as scratch:
        folder = shop(scratch)
        marker = scratch.dir / "made"
        for revision, code in [("--output=" + str(marker), 2), ("-h", 2), ("gone", 3),
                               ("x; touch " + str(marker), 3)]:
            done = run("check", "--diff=" + revision, folder)
            assert done.returncode == code and done.stderr, (revision, done)
            assert not marker.exists()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
