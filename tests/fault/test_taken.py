"""What a role can do once an attacker has it: firstline-taken is the real program, of which one
role tries whatever its descriptors and the kernel might let it (taken.c says what). Nothing may
get through; and each attempt is one that does without confinement, which a control shows."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_crash import configuration
from support.harness import BUILD, Firstline, Scratch, WebhookSink, run_all, wait_until

PROGRAM = BUILD / "firstline-taken"


def shop(scratch):
    """Its admin may sign in by whatever a configuration has, of which this one has nothing."""
    config = configuration(scratch, WebhookSink(scratch))
    file = config / "production.yaml"
    file.write_text(file.read_text().replace(
        "reach: [hook]}", "reach: [hook], slack: U0ANA, role: admin}"))
    return config


class Taken(Firstline):
    """`role` is the attacker's; `lines` is what it tried."""

    def __init__(self, scratch, config, role, **env):
        other = scratch.file("other/secret", "not yours\n", mode=0o600)
        scratch.file("secrets/token", "of hands\n", mode=0o600)
        super().__init__(scratch, config, env=dict(
            env, TAKEN_ROLE=role, TAKEN_LOG=str(scratch.dir / "taken.log"),
            TAKEN_STATE=str(scratch.dir / "state"), TAKEN_OTHER=str(other),
            TAKEN_CONFIG=str(next(config.glob("*.yaml"))),
            TAKEN_SECRET=str(scratch.dir / "secrets/token")))
        self.program = PROGRAM

    def lines(self):
        log = self.scratch.dir / "taken.log"
        return log.read_text().splitlines() if log.exists() else []


def through(lines):
    return [line for line in lines if line.startswith("THROUGH")]


def isolated(role, least):
    with Scratch("taken") as s:
        config = shop(s)
        Firstline(s, config).start().stop()  # the store and the local token are there
        firstline = Taken(s, config, role).start()
        lines = wait_until(lambda: firstline.lines(), message="what was tried")
        firstline.fire({"alertname": "Load", "service": "worker"})
        assert not through(lines), "\n".join(through(lines))
        assert len(lines) >= least, len(lines)
        assert not pathlib.Path("/tmp/firstline-taken").exists()


def test_a_gate_gets_nothing_of_the_machine():
    isolated("gate", 104)


def test_an_engine_gets_nothing_but_its_folder():
    isolated("engine", 97)


def test_hands_get_nothing_but_what_they_need():
    isolated("hands", 80)


def test_all_of_it_is_possible_without_confinement():
    with Scratch("taken") as s:
        firstline = Taken(s, shop(s), "gate",
                          TAKEN_CONTROL="1").start()
        lines = firstline.lines()
        refused = [line for line in lines if line not in through(lines)]
        print("  without confinement too:", "; ".join(line[8:] for line in refused))
        assert len(through(lines)) >= 88, len(through(lines))
        path = pathlib.Path("/tmp/firstline-taken")
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            path.rmdir()


def test_a_gate_gets_nothing_of_the_engine():
    with Scratch("taken") as s:
        config = shop(s)
        honest = Firstline(s, config).start()
        tokens = {role: honest.post("/v1/tokens", {"name": role, "role": role,
                                                   "principal": f"source:{role}"
                                                   if role == "source" else "person:ana"})
                  for role in ("viewer", "source", "operator")}
        secrets = {role: answer.json["secret"] for role, answer in tokens.items()}
        honest.stop()
        before = honest.cli("journal", "export", "--state", honest.state).stdout
        firstline = Taken(s, config, "gate", TAKEN_VIEWER=secrets["viewer"],
                          TAKEN_SOURCE=secrets["source"],
                          TAKEN_OPERATOR=secrets["operator"]).start(wait=False)
        engine = wait_until(lambda: firstline.role("engine"))
        wait_until(lambda: firstline.lines()[-1:] == ["refused all of it"], 60,
                   message="all was tried\n" + firstline.log_text()[-2000:])
        lines = firstline.lines()
        assert not through(lines), "\n".join(through(lines))
        assert len(lines) > 250, len(lines)
        # It goes on serving, by the same engine, and nothing was done in anybody's name.
        assert firstline.role("engine") == engine, "the engine ended"
        firstline.wait_ready()
        assert firstline.get("/v1/status")["stopped"] is False
        assert firstline.incidents() == []
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


if __name__ == "__main__":
    run_all(sys.modules[__name__])
