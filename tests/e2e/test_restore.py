"""What a backup may be, what a state folder may be, and what is said where it cannot be: of an
earlier version, cut off, beside one that was killed, into a folder that is there."""
import contextlib
import datetime
import fcntl
import os
import pathlib
import re
import resource
import shlex
import signal
import sqlite3
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import BUILD, Firstline, Scratch, end, run_all, wait_until
from test_backup import ALERT, cli, start


def backed_up(s):
    """A backup of a server that is over, and the server."""
    live = start(s)
    (s.dir / "hold").unlink()
    live.fire(ALERT)
    live.wait_incident(lambda row: row["state"] in ("recovered", "closed"))
    live.stop()
    file = s.dir / "b.db"
    assert cli("backup", file, state=live.state).returncode == 0
    return live, file


# What each version added, from the newest (src/store/sqlite/schema.c).
ADDED = {10: ["DROP TABLE noise"],
         9: ["DROP TABLE heartbeat"],
         8: ["DROP TABLE mark", "DROP TABLE mark_row", "DROP TABLE base",
             "ALTER TABLE bundle DROP COLUMN seq"],
         7: ["DROP TABLE override"],
         6: ["DROP TABLE session", "DROP TABLE login"],
         5: ["DROP TABLE trust"],
         4: ["DROP TABLE asked", "DROP TABLE lease"],
         3: ["DROP TABLE silence"],
         2: []}


def test_a_backup_of_an_earlier_version_becomes_one_of_this():
    with Scratch("older") as s:
        live, file = backed_up(s)
        head = cli("journal", "verify", "--json", state=live.state).stdout
        made_by = sqlite3.connect(file)
        now = made_by.execute("PRAGMA user_version").fetchone()[0]
        assert now == max(ADDED), "say above what the new version added"
        for version in sorted(ADDED, reverse=True):
            for sql in ADDED[version]:
                made_by.execute(sql)
            made_by.execute(f"PRAGMA user_version = {version - 1}")
            made_by.commit()
            before = file.read_bytes()
            state = s.dir / f"state-{version - 1}"
            done = cli("restore", file, state=state)
            assert done.returncode == 0, (version, done)
            assert file.read_bytes() == before, "the backup stays what it was"
            assert cli("journal", "verify", "--json", state=state).stdout == head
            assert sorted(p.name for p in state.iterdir()) == [
                "attempts", "firstline.db", "restored"], version
        made_by.close()
        again = Firstline(s, live.config, name="state-1").start()
        assert again.get("/v1/status")["stopped"]
        assert again.cli("journal", "verify").returncode == 0
        again.stop()


def test_a_backup_of_a_newer_version_is_refused_by_its_name():
    with Scratch("newer") as s:
        _, file = backed_up(s)
        newer = sqlite3.connect(file)
        newer.execute("PRAGMA user_version = 99")
        newer.close()
        done = cli("restore", file, state=s.dir / "x")
        assert done.returncode == 1 and f"'{file}' was written by a newer" in done.stderr, done
        assert not (s.dir / "x").exists() and not (s.dir / "x.part").exists()


def test_the_store_of_an_older_version_is_backed_up_by_that_one():
    """A start makes it one of this version for good: whoever asks first is told so."""
    with Scratch("before") as s:
        _, file = backed_up(s)
        state = s.dir / "before"
        state.mkdir(0o700)
        file.rename(state / "firstline.db")
        older = sqlite3.connect(state / "firstline.db")
        for sql in ADDED[max(ADDED)]:
            older.execute(sql)
        older.execute(f"PRAGMA user_version = {max(ADDED) - 1}")
        older.close()
        for args in (["backup", s.dir / "x.db"], ["journal", "verify"]):
            done = cli(*args, state=state)
            assert done.returncode == 1 and done.stderr.endswith(
                "/firstline.db' was written by an older Firstline: back it up with that one, then "
                "start this server once, which changes it for good\n"), done
        assert not (s.dir / "x.db").exists()


def test_what_is_no_backup_is_named_with_what_to_do():
    with Scratch("named") as s:
        _, file = backed_up(s)
        whole = file.read_bytes()
        s.file("empty.db", "")
        s.file("text.db", "not a store\n" * 20)
        (s.dir / "cut.db").write_bytes(whole[:len(whole) // 2])
        bad = bytearray(whole)
        for at in range(3 * 8192 + 100, len(bad), 97):
            bad[at] ^= 1
        (s.dir / "bad.db").write_bytes(bad)
        (s.dir / "folder.db").mkdir()
        stranger = sqlite3.connect(s.dir / "other.db")
        stranger.execute("CREATE TABLE t (x)")
        stranger.commit()
        stranger.close()
        for name, says in (
                ("empty.db", "is empty, and no backup: name a file that 'firstline backup' wrote"),
                ("text.db", "is no backup: name a file that 'firstline backup' wrote"),
                ("cut.db", "is cut off: "),
                ("bad.db", ""),
                ("folder.db", "is a folder: name the file that 'firstline backup' wrote"),
                ("other.db", "is a database of another program")):
            done = cli("restore", s.dir / name, state=s.dir / "x")
            assert done.returncode == 1 and f"'{s.dir / name}'" in done.stderr, done
            assert says in done.stderr and ".part" not in done.stderr, done
            assert not (s.dir / "x").exists() and not (s.dir / "x.part").exists(), name
        done = cli("restore", file, state="")
        assert done.returncode == 2 and "restore needs --state DIR" in done.stderr, done
        s.file("a file", "")
        done = cli("restore", file, state=s.dir / "a file")
        assert done.returncode == 1 and "a file'" in done.stderr, done


def test_the_next_command_can_be_pasted():
    with Scratch("pasted") as s:
        _, file = backed_up(s)
        for name in ("plain", "a place", "ana's", "$HOME"):
            done = cli("restore", file, state=s.dir / name)
            assert done.returncode == 0, done
            for command in ("serve", "status", "resume"):
                line = next(line for line in done.stderr.splitlines() if f"firstline {command}" in line)
                assert shlex.split(line)[-1] == str(s.dir / name), line
                assert ("'" in line) == (name != "plain"), line


def test_a_restore_into_a_folder_whose_store_has_another_name_is_not_passed_over():
    with Scratch("named") as s:
        live, file = backed_up(s)
        assert cli("restore", file, state=s.dir / "other").returncode == 0
        argv = [BUILD / "firstline", "serve", "--config", live.config, "--state", s.dir / "other",
                "--listen", "127.0.0.1:0", "--store", "sqlite:prod.db"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and "restored into" in done.stderr and "'prod.db'" in done.stderr, done
        assert not (s.dir / "other/prod.db").exists() and (s.dir / "other/restored").exists()
        (s.dir / "other/firstline.db").rename(s.dir / "other/prod.db")
        again = Firstline(s, live.config, name="other")
        again.child = s.start(*argv, log=again.log)
        again.wait_ready()
        assert again.get("/v1/status")["stopped"]


def test_a_trigger_is_nothing_that_a_backup_has():
    with Scratch("trigger") as s:
        _, file = backed_up(s)
        with contextlib.closing(sqlite3.connect(file)) as db:
            db.execute("CREATE TRIGGER x AFTER INSERT ON timeline BEGIN DELETE FROM token; END")
            db.commit()
        done = cli("restore", file, state=s.dir / "other")
        assert done.returncode == 1 and "trigger" in done.stderr, done
        assert not (s.dir / "other").exists()


def test_a_backup_is_of_the_time_of_its_last_entry():
    with Scratch("time") as s:
        live, file = backed_up(s)
        os.utime(file, (1924992000, 1924992000))  # 2031
        assert cli("restore", file, state=s.dir / "x").returncode == 0
        mark = (s.dir / "x/restored").read_text()
        at, entries = re.fullmatch(r"from a backup of (\S+)Z, which ends with entry (\d+)\n",
                                   mark).groups()
        age = datetime.datetime.utcnow() - datetime.datetime.fromisoformat(at)
        assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=5), mark
        assert f"{entries} entries" in cli("journal", "verify", state=live.state).stdout


def reading(*args, state):
    """A restore that has read some, and waits for more."""
    return subprocess.Popen([BUILD / "firstline", "restore", *map(str, args), "--state",
                             str(state)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def test_what_was_killed_blocks_no_name_and_what_lives_is_left_alone():
    with Scratch("part") as s:
        _, file = backed_up(s)
        (s.dir / "there").mkdir()
        pipe = s.dir / "pipe"
        os.mkfifo(pipe)
        for name, part in (("away", "away.part"), ("there", "there/restore.part")):
            one = reading(pipe, state=s.dir / name)
            with open(pipe, "wb") as source:
                source.write(file.read_bytes()[:100000])
                source.flush()
                part = s.dir / part
                copy = part / "firstline.db"
                wait_until(lambda: copy.exists() and copy.stat().st_size > 0, message="it copies")
                two = cli("restore", file, state=s.dir / name)
                assert two.returncode == 1 and "another process is at work in" in two.stderr, two
                assert copy.stat().st_size > 0
                one.kill()
                one.communicate()
            assert part.is_dir()
            done = cli("restore", file, state=s.dir / name)
            assert done.returncode == 0, done
            assert sorted(os.listdir(s.dir / name)) == ["attempts", "firstline.db", "restored"]
            assert not part.exists()


def test_a_backup_takes_over_what_a_killed_one_left_and_nothing_else():
    with Scratch("taken") as s:
        live, file = backed_up(s)
        part = s.dir / "k.db.part"
        part.mkdir(0o700)
        (part / "firstline.db").write_text("some of it")
        done = cli("backup", s.dir / "k.db", state=live.state)
        assert done.returncode == 1 and "remove it" in done.stderr, done
        assert (part / "firstline.db").exists(), "nobody knows whose it is"
        with open(part / "part.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = cli("backup", s.dir / "k.db", state=live.state)
            assert done.returncode == 1 and "another process is at work" in done.stderr, done
        done = cli("backup", s.dir / "k.db", state=live.state)
        assert done.returncode == 0, done
        assert not part.exists() and (s.dir / "k.db").stat().st_mode & 0o777 == 0o600
        assert (s.dir / "k.db").read_bytes() == file.read_bytes()


def test_an_empty_folder_is_filled_and_stays_the_one_that_it_is():
    """As a volume that is mounted there: no other can be put in its place."""
    with Scratch("volume") as s:
        live, file = backed_up(s)
        volume = s.dir / "volume"
        (volume / "lost+found").mkdir(parents=True)
        was = volume.stat()
        done = cli("restore", file, state=volume)
        assert done.returncode == 0, done
        assert volume.stat().st_ino == was.st_ino
        assert sorted(os.listdir(volume)) == ["attempts", "firstline.db", "lost+found", "restored"]
        done = cli("restore", file, state=volume)
        assert done.returncode == 1 and "is not an empty folder" in done.stderr, done
        again = Firstline(s, live.config, name="volume").start()
        assert "restored" in again.get("/v1/status")["stopped_why"]
        again.stop()


def test_what_no_server_could_begin_with_is_no_backup():
    """Its chain is whole: what is missing is not in it."""
    with Scratch("begins") as s:
        live, file = backed_up(s)
        for name, sql, says in (
                ("control", "DELETE FROM control", "the row of its counters is missing"),
                ("bundle", "DELETE FROM bundle", "the configuration that was in force is missing")):
            bad = s.dir / f"{name}.db"
            bad.write_bytes(file.read_bytes())
            changed = sqlite3.connect(bad)
            changed.execute(sql)
            changed.commit()
            changed.close()
            done = cli("restore", bad, state=s.dir / "x")
            assert done.returncode == 1 and f"'{bad}' is damaged: {says}" in done.stderr, done
            assert not (s.dir / "x").exists() and not (s.dir / "x.part").exists(), name
            state = s.dir / f"of-{name}"
            state.mkdir(0o700)
            bad.rename(state / "firstline.db")
            done = cli("backup", s.dir / "y.db", state=state)
            assert done.returncode == 1 and says in done.stderr, done
            assert not (s.dir / "y.db").exists(), name


def test_what_is_damaged_is_named_by_where_it_is():
    with Scratch("where") as s:
        live, file = backed_up(s)
        damaged = sqlite3.connect(live.state / "firstline.db")
        [row] = damaged.execute("SELECT min(id) FROM incident").fetchone()
        damaged.execute("UPDATE incident SET body = substr(body, 2)")
        damaged.commit()
        damaged.close()
        done = cli("backup", s.dir / "n.db", state=live.state)
        assert done.returncode == 1, done
        assert done.stderr.startswith(
            f"firstline: no backup was made: the store in '{live.state}' is damaged: "), done
        assert f"incident {row} is damaged" in done.stderr, done
        assert "see 'firstline journal verify'" in done.stderr, done
        assert "n.db" not in done.stderr and ".part" not in done.stderr, done
        # SQLite's own opinion names the file once more.
        raw = bytearray(file.read_bytes())
        page = raw[16] << 8 | raw[17]
        root = sqlite3.connect(file).execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'noise'").fetchone()[0]
        raw[(root - 1) * page + 5:(root - 1) * page + 7] = b"\0\1"  # where its cells begin
        (s.dir / "bad.db").write_bytes(raw)
        done = cli("restore", s.dir / "bad.db", state=s.dir / "x")
        assert done.returncode == 1 and done.stderr.count(f"'{s.dir / 'bad.db'}'") == 2, done
        assert ".part" not in done.stderr, done


def test_a_copy_that_finds_no_room_says_so():
    """What is written before there is none is written short, and that alone is no error."""
    with Scratch("room") as s:
        _, file = backed_up(s)

        def bounded():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        done = subprocess.run([BUILD / "firstline", "restore", file, "--state", s.dir / "x"],
                              preexec_fn=bounded, restore_signals=False, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode == 1 and done.stderr == (
            f"firstline: copy '{file}' to '{s.dir / 'x'}': File too large\n"), done
        assert not (s.dir / "x").exists() and not (s.dir / "x.part").exists()


NOBODY = 65534


def as_nobody(*argv, **how):
    return subprocess.Popen([*map(str, argv)], user=NOBODY, group=NOBODY, extra_groups=[],
                            stdin=subprocess.DEVNULL, text=True, **how)


def ended(child):
    try:
        return child.communicate(timeout=20)[1]
    except subprocess.TimeoutExpired:
        end(child)
        raise


def open_to_nobody(s, live):
    """The configuration and the way to it, for a server of another user."""
    s.dir.chmod(0o755)
    for path in (live.config, *live.config.rglob("*")):
        path.chmod(path.stat().st_mode | 0o055)


def test_what_root_restores_into_the_folder_of_another_user_is_theirs():
    if os.geteuid() != 0:
        print("# skipped: needs root")
        return
    with Scratch("theirs") as s:
        live = start(s)
        live.fire(ALERT)
        wait_until(lambda: (s.dir / "starts").exists(), message="the action begins")
        file = s.dir / "b.db"
        assert cli("backup", file, state=live.state).returncode == 0
        (s.dir / "hold").unlink()
        live.stop()
        volume = s.dir / "volume"
        volume.mkdir(0o700)
        os.chown(volume, NOBODY, NOBODY)
        done = cli("restore", file, state=volume)
        assert done.returncode == 0 and "1 attempt was open" in done.stderr, done
        inside = list(volume.rglob("*"))
        assert len(inside) > 4, inside
        for path in inside:
            st = path.lstat()
            assert (st.st_uid, st.st_gid, st.st_mode & 0o077) == (NOBODY, NOBODY, 0), path
        open_to_nobody(s, live)
        with open(s.dir / "volume.log", "ab") as log:
            again = Firstline(s, live.config, name="volume")
            again.child = as_nobody(BUILD / "firstline", "serve", "--config", live.config, "--state",
                                    volume, "--listen", "127.0.0.1:0", stdout=log, stderr=log)
        s.stack.callback(end, again.child)
        again.wait_ready()
        assert "restored" in again.get("/v1/status")["stopped_why"]
        again.stop()


def test_what_the_server_may_not_open_is_said_before_it_starts():
    if os.geteuid() != 0:
        print("# skipped: needs root")
        return
    with Scratch("refuses") as s:
        live, file = backed_up(s)
        open_to_nobody(s, live)
        for name in ("attempts", "handoffs"):
            state = s.dir / f"state-{name}"
            state.mkdir(0o700)
            os.chown(state, NOBODY, NOBODY)
            (state / name).mkdir(0o700)
            child = as_nobody(BUILD / "firstline", "serve", "--config", live.config, "--state", state,
                              "--listen", "127.0.0.1:0", stderr=subprocess.PIPE)
            said = ended(child)
            assert child.returncode == 1, said
            assert f"'{state}/{name}' belongs to user 0, and the server, user {NOBODY}, " in said
            assert "chown -R" in said and "Permission denied" not in said, said


if __name__ == "__main__":
    run_all(sys.modules[__name__])
