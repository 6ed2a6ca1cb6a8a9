"""What `journal prove` says of a note and a key that are not those of this journal, and of a note
that came by mail."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Scratch, run_all
from test_backup import cli, start, wrong_key


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


if __name__ == "__main__":
    run_all(sys.modules[__name__])
