"""kill -9 while a backup is written or a state folder is made of one: what is there afterwards is
whole or is none, nothing acts in what is none, and the same command goes through the next time.
Needs a build with -Dcrash_points=true."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from support.harness import BUILD, Firstline, Scratch, run_all
from test_backup import ALERT, begun, cli, start


def killed(point, *args, state):
    done = subprocess.run([BUILD / "firstline", *map(str, args), "--state", str(state)],
                          env=dict(os.environ, FIRSTLINE_CRASH=f"{point}:1"),
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == -9, (point, done)


def test_a_backup_has_its_name_or_is_none():
    with Scratch("backup") as s:
        live = start(s)
        live.stop()
        killed("backup-copied", "backup", s.dir / "b.db", state=live.state)
        assert not (s.dir / "b.db").exists() and (s.dir / "b.db.part").is_dir()
        done = cli("backup", s.dir / "b.db", state=live.state)
        assert done.returncode == 0 and not (s.dir / "b.db.part").exists(), done


# Where it dies, and what the folder has then that was there and empty.
INSIDE = [("restore-filled", ["restore.part"]),
          ("restore-marked", ["restore.part", "restored"]),
          ("restore-attempts", ["attempts", "restore.part", "restored"]),
          ("restore-named", ["attempts", "firstline.db", "restore.part", "restored"])]


def test_a_folder_that_is_filled_has_its_store_last():
    with Scratch("inside") as s:
        live = start(s)
        live.stop()
        file = s.dir / "b.db"
        assert cli("backup", file, state=live.state).returncode == 0
        for point, has in INSIDE:
            state = s.dir / point
            state.mkdir()
            killed(point, "restore", file, state=state)
            assert sorted(os.listdir(state)) == has, point
            done = cli("restore", file, state=state)
            if point == "restore-named":  # it is whole, and what is left beside it says nothing
                assert done.returncode == 1 and "not an empty folder" in done.stderr, done
            else:
                assert done.returncode == 0, (point, done)
                assert sorted(os.listdir(state)) == ["attempts", "firstline.db", "restored"]
            again = Firstline(s, live.config, name=point).start()
            assert "restored" in again.get("/v1/status")["stopped_why"]
            again.stop()


def test_a_server_in_a_folder_without_its_store_does_nothing():
    with Scratch("early") as s:
        live = start(s)
        live.stop()
        file, state = s.dir / "b.db", s.dir / "early"
        assert cli("backup", file, state=live.state).returncode == 0
        state.mkdir()
        killed("restore-attempts", "restore", file, state=state)
        shutil.rmtree(state / "restore.part")  # somebody wants no restore any more
        again = Firstline(s, live.config, name="early").start()
        assert again.get("/v1/status")["stopped"]
        again.fire(ALERT)
        again.wait_incident(lambda row: "WorkerDown" in row["title"])
        assert begun(s) == []
        again.stop()
        done = cli("restore", file, state=state)
        assert done.returncode == 1 and "not an empty folder" in done.stderr, "it has a store now"


def test_no_server_begins_an_empty_store_where_a_restore_has_not_ended():
    with Scratch("unended") as s:
        live = start(s)
        live.stop()
        file = s.dir / "b.db"
        assert cli("backup", file, state=live.state).returncode == 0
        for point, has in INSIDE[:-1]:
            state = s.dir / point
            state.mkdir()
            killed(point, "restore", file, state=state)
            done = subprocess.run(
                [BUILD / "firstline", "serve", "--config", live.config, "--state", state, "--listen",
                 "127.0.0.1:0"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=15)
            assert done.returncode == 1, (point, done)
            assert f"a restore into '{state}' was begun and has not ended: run it again" in done.stderr
            assert sorted(os.listdir(state)) == has, "it is as it was, for the next restore"
            assert cli("restore", file, state=state).returncode == 0
            again = Firstline(s, live.config, name=point).start()
            assert "restored" in again.get("/v1/status")["stopped_why"]
            again.stop()


def test_a_folder_that_is_made_has_its_name_or_is_none():
    with Scratch("beside") as s:
        live = start(s)
        live.stop()
        file = s.dir / "b.db"
        assert cli("backup", file, state=live.state).returncode == 0
        killed("restore-filled", "restore", file, state=s.dir / "x")
        assert not (s.dir / "x").exists() and (s.dir / "x.part").is_dir()
        assert cli("restore", file, state=s.dir / "x").returncode == 0
        assert sorted(os.listdir(s.dir / "x")) == ["attempts", "firstline.db", "restored"]
        assert not (s.dir / "x.part").exists()
        killed("restore-named", "restore", file, state=s.dir / "y")
        again = Firstline(s, live.config, name="y").start()
        assert "restored" in again.get("/v1/status")["stopped_why"]
        again.stop()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
