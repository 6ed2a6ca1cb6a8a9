"""Trying a channel: what is shown of the request is what goes out, but for secrets; what is
shown of the answer never holds one, however the provider repeats it."""
import base64
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Scratch, run_all, wait_until
from test_channels import SECRETS, begin

CHANNELS = ("phone", "town", "cards", "pd", "sms")
HOOK = "canary-hook"


def repeats(provider):
    """Everything it was sent comes back in the answer: headers, path, body."""
    def answer(path, headers, body):
        decoded = ""
        if headers.get("Authorization", "").startswith("Basic "):
            decoded = base64.b64decode(headers["Authorization"].split()[1]).decode()
        return f"<b>{path}</b>\n{json.dumps(headers)}\n{body}\n{decoded}\n\x1b[31mred\x1b[0m".encode()
    provider.answer = answer


def tried(firstline, verb, channel, *more, check=True):
    return json.loads(firstline.cli("channel", verb, channel, "--json", *more, check=check).stdout)


def timeless(body):
    return re.sub(r'"timestamp":"[^"]*"', "", body)


def no_secret_in(text):
    for secret in [*SECRETS.values(), HOOK]:
        assert secret not in text, f"{secret} is shown"
        for cut in range(3):  # in base64, however it is aligned
            hidden = base64.b64encode(b"x" * cut + secret.encode())[4:-4].decode()
            assert hidden not in text, f"{secret} is shown in base64"


def test_what_a_preview_shows_is_what_is_sent():
    with Scratch("preview") as scratch:
        firstline, provider = begin(scratch)
        firstline.fire({"alertname": "Down", "service": "shop", "severity": "critical"})
        wait_until(lambda: len(provider.requests) >= 6, message="the beginning")
        sent = len(provider.requests)
        for channel in CHANNELS:
            notice = tried(firstline, "preview", channel, "--incident", "1",
                           *(["--to", "ops"] if channel != "town" else []))
            assert notice["state"] == "delivered" and notice["shows"] == 1, notice
            no_secret_in(json.dumps(notice))
            head, _, body = notice["request"].partition("\n\n")
            path = head.splitlines()[0].removeprefix("POST ").removeprefix(provider.base)
            if channel == "town":  # its URL is the secret
                assert path == "***", head
                path = "/hooks/" + HOOK
            real = [timeless(b.replace(SECRETS["pagerduty"], "***")) for p, _, b in provider.requests if p == path]
            assert timeless(body) in real, (body, real)
        assert len(provider.requests) == sent, "a preview sends nothing"
        sample = tried(firstline, "preview", "cards")
        assert "QueueStuck" in sample["request"]
        shown = firstline.cli("channel", "preview", "phone", check=True).stdout
        assert "Authorization: Bearer ***" in shown and "what would go out" in shown


def test_a_test_is_one_message_and_its_answer_holds_no_secret():
    with Scratch("try") as scratch:
        firstline, provider = begin(scratch)
        repeats(provider)
        for channel in CHANNELS:
            before = len(provider.requests)
            notice = tried(firstline, "test", channel, *(["--to", "ops"] if channel == "sms" else []))
            assert len(provider.requests) == before + 1, "one message"
            assert notice["purpose"] == "test" and notice["state"] == "delivered"
            assert "status 200" in notice["answer"] and "<b>" in notice["answer"]
            assert "\x1b" not in notice["answer"]
            assert "test" in provider.requests[-1][2]
            no_secret_in(json.dumps(notice))
        # Whom the configuration does not name there nobody writes to.
        refused = firstline.cli("channel", "test", "sms", "--to", "ana")
        assert refused.returncode == 2 and "reaches" in refused.stderr, refused.stderr
        provider.status["/v2/enqueue"] = 400
        shown = firstline.cli("channel", "test", "pd")
        assert shown.returncode == 1 and "status 400" in shown.stdout and "not taken after" in shown.stdout
        listed = {c["name"]: c for c in firstline.get("/v1/channels")["items"]}
        assert listed["phone"]["last_wall"] and "400" in listed["pd"]["error"], listed
        assert firstline.get("/v1/gaps")["items"] == []
        trail = firstline.cli("journal", "show", "--json", check=True).stdout
        assert "channel-test" in trail and "local-admin" in trail
        no_secret_in(trail)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
