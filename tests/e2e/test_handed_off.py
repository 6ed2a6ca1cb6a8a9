"""What test_spine does, where restarting does not help."""
# first: it waits for an incident to close
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from e2e.test_spine import begin
from support.harness import Scratch, run_all, wait_until


def test_a_restart_that_does_not_help_becomes_a_handoff_and_people_are_told():
    with Scratch("handoff") as scratch:
        smtp, hook, production, firstline = begin(scratch, breakable=True)
        production.kill_nginx()
        incident = firstline.wait_incident(lambda row: row["state"] == "handed-off", 60,
                                           "the incident is handed off")
        whole = firstline.incident(incident["id"])
        handoff = whole["handoffs"][0]
        assert handoff["team"] == "web-dev" and handoff["class"] == "investigation", handoff
        case = handoff["case_file"]
        for word in ("WebDown", "restart-nginx", "find out why it does not start", "web-1"):
            assert word in case, (word, case)
        wait_until(lambda: list((firstline.state / "handoffs").glob("*.md")),
                   message="the case file is written")
        wait_until(lambda: "incident.handed_off" in hook.types(), message=str(hook.types()))
        wait_until(lambda: len(smtp.messages) >= 2, message="mails")
        assert any("web-dev" in m.get_content() for m in smtp.parsed()), smtp.subjects()
        # The alert clears by other hands; everyone who was told is told of the end.
        production.start_nginx()
        firstline.wait_incident(lambda row: row["state"] == "closed", 120, "closed at last")
        wait_until(lambda: hook.types()[-1] == "incident.ended", message=str(hook.types()))


if __name__ == "__main__":
    run_all(sys.modules[__name__])
