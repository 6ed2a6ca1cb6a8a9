"""What `journal prove` says of a note and a key that are not those of this journal, and of a note
that came by mail."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Scratch, run_all
from test_backup import aged, cli, let_go, start, wrong_key


def test_it_says_which_file_and_which_key():
    with Scratch("prove") as s:
        live = start(s)
        live.stop()
        text = cli("journal", "checkpoint", state=live.state).stdout
        key = cli("journal", "checkpoint", "--key", state=live.state).stdout
        note = s.file("the note", text)
        mine, other = s.file("mine", key), s.file("other", wrong_key(s, live))

        def prove(note=note, key=mine):
            done = cli("journal", "prove", note, "--key", key, state=live.state)
            return done.returncode, done.stdout + done.stderr

        assert prove()[0] == 0
        code, said = prove(key=other)
        ids = [text.strip().split("+")[1] for text in (key, other.read_text())]
        assert code == 1 and said == (
            f"firstline: '{note}': another key of that name signed it: firstline+{ids[0]}, "
            f"not firstline+{ids[1]}\n"), said
        stranger = s.file("elsewhere.key", wrong_key(s, live, "--name", "elsewhere", name="elsewhere"))
        code, said = prove(key=stranger)
        assert code == 1 and f"'{note}': it has no signature by 'elsewhere'" in said, said
        code, said = prove(key=s.file("no key", "what\n"))
        assert code == 1 and f"'{s.dir / 'no key'}': it is no key" in said, said
        code, said = prove(note=s.file("no note", "what\n"))
        assert code == 1 and f"'{s.dir / 'no note'}': it is no signed note" in said, said


def test_line_ends_of_a_mail_change_nothing_and_nothing_else_is_forgiven():
    with Scratch("mail") as s:
        live = start(s)
        live.stop()
        text = cli("journal", "checkpoint", state=live.state).stdout.encode()
        key = s.dir / "key"
        key.write_bytes(cli("journal", "checkpoint", "--key", state=live.state)
                        .stdout.encode().replace(b"\n", b"\r\n"))

        def prove(note):
            (s.dir / "note").write_bytes(note)
            return cli("journal", "prove", s.dir / "note", "--key", key, state=live.state)

        mailed = text.replace(b"\n", b"\r\n")
        assert prove(mailed).returncode == 0
        lines = mailed.split(b"\n")
        for wrong in (mailed.replace(b"\r\n", b"\r"), mailed.replace(b"\r\n", b"\r\r\n"),
                      lines[0] + b"\n" + b"\r".join(lines[1:]), b"\r" + mailed,
                      mailed.replace(b"firstline journal", b"firstline \r\njournal")):
            assert prove(wrong).returncode == 1, wrong


def test_a_restored_journal_is_proved_with_the_key_that_let_go_and_its_own():
    with Scratch("restored") as s:
        live, _, _ = aged(s)
        old = s.file("old.key", cli("journal", "checkpoint", "--key", state=live.state).stdout)
        assert let_go(live.state, 1000) > 0
        assert cli("backup", s.dir / "b.db", state=live.state).returncode == 0
        other = s.dir / "other"
        assert cli("restore", s.dir / "b.db", "--key", old, state=other).returncode == 0
        note = s.file("note", cli("journal", "checkpoint", state=other).stdout)
        new = s.file("new.key", cli("journal", "checkpoint", "--key", state=other).stdout)

        def prove(*keys):
            done = cli("journal", "prove", note, *keys, state=other)
            return done.returncode, done.stdout + done.stderr

        code, said = prove("--key", new)
        assert code == 1 and "not by" in said and "give its key with --base-key" in said, said
        code, said = prove("--key", new, "--base-key", old)
        assert code == 0 and "as they were signed" in said, said
        assert prove("--key", old)[0] == 1, "it did not sign the note"
        assert prove("--key", old, "--base-key", new)[0] == 1
        code, said = prove("--key", new, "--base-key", s.file("no key", "what\n"))
        assert code == 1 and f"'{s.dir / 'no key'}': it is no key" in said, said
        done = cli("journal", "verify", "--key", new, state=other)
        assert done.returncode == 1 and "give its key with --key" in done.stderr, done


if __name__ == "__main__":
    run_all(sys.modules[__name__])
